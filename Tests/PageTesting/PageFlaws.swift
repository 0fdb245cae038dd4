/// What a careful reader would complain of, as far as a script can see it.
public enum PageFlaws {
    /// Text that can hardly be read: its contrast with what lies behind it is below 4.5 (WCAG 2.2, 1.4.3), in the colour
    /// scheme that is in use. One line each; empty if there is none.
    public static let contrast = #"""
        (() => {
          const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
          const luminance = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
          const parse = (t) => {
            const n = (t.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
            return [n[0], n[1], n[2], n.length > 3 ? n[3] : 1];
          };
          const over = (top, low) => [0, 1, 2].map((i) => top[i] * top[3] + low[i] * (1 - top[3]));
          const behind = (element) => {
            const layers = [];
            for (let e = element; e; e = e.parentElement) {
              const colour = parse(getComputedStyle(e).backgroundColor);
              if (colour[3] > 0) layers.push(colour);
              if (colour[3] === 1) break;
            }
            return layers.reverse().reduce((low, top) => over(top, low), [255, 255, 255]);
          };
          const found = new Set();
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            const node = walker.currentNode, element = node.parentElement;
            if (!node.textContent.trim() || element.closest("title,script,style,.skip")) continue;
            if (!element.checkVisibility()) continue;
            const style = getComputedStyle(element);
            const ground = behind(element);
            const ink = over(parse(element.closest("svg") ? style.fill : style.color), ground);
            const [a, b] = [luminance(ink), luminance(ground)].sort((x, y) => y - x);
            const ratio = (a + 0.05) / (b + 0.05);
            if (ratio < 4.5) found.add(`${element.tagName}.${element.getAttribute("class")}: ${ratio.toFixed(2)}`);
          }
          return [...found].join("\n");
        })()
        """#

    /// Text of pictures that lies on other text or is cut off by the picture's edge, and pages wider than the window.
    public static let layout = #"""
        (() => {
          const found = [];
          for (const svg of document.querySelectorAll("figure svg")) {
            const edge = svg.getBoundingClientRect();
            const texts = [...svg.querySelectorAll("text")].map((t) => [t.textContent, t.getBoundingClientRect()]);
            for (const [text, box] of texts) {
              if (box.left < edge.left - 1 || box.right > edge.right + 1 || box.top < edge.top - 1 || box.bottom > edge.bottom + 1)
                found.push(`"${text}" is cut off`);
            }
            for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
              const [a, b] = [texts[i][1], texts[j][1]];
              const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
              const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
              if (wide > 1 && high > 3) found.push(`"${texts[i][0]}" lies on "${texts[j][0]}"`);
            }
          }
          const root = document.documentElement;
          if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} pixels wide`);
          return found.join("\n");
        })()
        """#

    /// The element with the keyboard's focus: tag, classes, id, and whether its focus can be seen.
    public static let focus = #"""
        (() => {
          const e = document.activeElement;
          if (!e || e === document.body) return "";
          const box = e.getBoundingClientRect();
          const inView = box.bottom > 0 && box.top < innerHeight;
          const mark = e.closest(".op") ? getComputedStyle(e.querySelector("rect")).strokeWidth === "3px"
            : getComputedStyle(e).outlineStyle !== "none";
          const name = `${e.tagName.toLowerCase()}.${e.getAttribute("class") || ""}#${e.id} ${e.getAttribute("href") || ""}`;
          return name + (mark ? "" : " UNMARKED") + (inView ? "" : " OUT OF VIEW");
        })()
        """#
}
