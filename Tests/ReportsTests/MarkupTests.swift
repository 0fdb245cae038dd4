import Reports
import Testing

@Suite struct MarkupTests {
    @Test(arguments: [
        ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"), ("line\nnext\tcell", "line\nnext\tcell"),
        ("nul\u{0} esc\u{1B}", "nul\u{FFFD} esc\u{FFFD}"), ("turned\u{202E}round", "turned\u{FFFD}round"),
        ("ärger 雪", "ärger 雪"),
    ])
    func `text is escaped`(_ text: String, _ escaped: String) {
        #expect(Markup(escaping: text).text == escaped)
        #expect(("<p title=\"\(text)\">" as Markup).text == "<p title=\"\(escaped)\">")
    }

    @Test func `markup within markup is taken as it is`() {
        let inner: Markup = "<b>\("<")</b>"
        #expect(("<p>\(inner)\([inner, inner])</p>" as Markup).text == "<p><b>&lt;</b><b>&lt;</b><b>&lt;</b></p>")
    }

    @Test(arguments: [(1.0, "1"), (1.25, "1.3"), (-0.25, "-0.3"), (0.04, "0"), (-0.04, "0"), (12.96, "13")])
    func `coordinates have one decimal at most`(_ number: Double, _ text: String) {
        #expect(("\(number)" as Markup).text == text)
    }
}
