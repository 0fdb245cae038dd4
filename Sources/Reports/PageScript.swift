/// The script of every page: conveniences only, the page says everything without it.
enum PageScript {
    /// The digest that the page's policy names; a test in a browser notices when it is not the text's.
    static let hash: Markup = "aG25qkXmnV3PC75s7/ombj8JnhLweTd34t8+VduxGp8="

    static let text: Markup = #"""

        "use strict";
        for (const figure of document.querySelectorAll(".timeline")) {
          const readout = figure.querySelector(".readout");
          const bars = [...figure.querySelectorAll(".op")];
          const show = (bar) => { if (bar) readout.textContent = bar.getAttribute("aria-label"); };
          figure.addEventListener("focusin", (event) => show(event.target.closest(".op")));
          figure.addEventListener("mouseover", (event) => show(event.target.closest(".op")));
          figure.addEventListener("keydown", (event) => {
            const place = bars.indexOf(document.activeElement);
            const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
            if (place < 0 || !step) return;
            const next = bars[place + step];
            if (next) { next.focus(); event.preventDefault(); }
          });
        }
        for (const button of document.querySelectorAll("button.copy")) {
          button.hidden = false;
          button.addEventListener("click", async () => {
            const text = button.parentElement.querySelector("code").textContent;
            try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; }
            catch { button.textContent = "Select and copy by hand"; }
          });
        }

        """#
}
