/// What every page shares: head, style, script, skip link, title and foot.
enum Page {
    /// The most bytes of `verdict.json` that a page carries along.
    static let dataLimit = 200_000

    static func markup(title: String, subtitle: Markup, main: Markup, data: [UInt8]?, foot: Markup = runFoot)
        -> Markup
    {
        let json: Markup =
            data.flatMap { $0.count <= dataLimit ? $0 : nil }.map {
                "<script type=\"application/json\" id=\"verdict-json\">\(Markup.json($0))</script>"
            } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title) · Inquest</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
            \(policy)<link rel="icon" href="data:,"><style>\(PageStyle.text)</style></head>
            <body><a class="skip" href="#main">Skip to the verdicts</a>
            <header class="top"><p class="brand">\(mark)Inquest</p><h1>\(title)</h1>\(subtitle)</header>
            <main id="main">\(main)</main>
            <footer>\(foot)</footer>
            \(json)<script>\(PageScript.text)</script></body></html>

            """
    }

    static let runFoot: Markup = """
        Made by Inquest from the run's files alone. <code>inquest check</code> on the run's directory judges it again
        without a cluster.
        """

    /// The page may load nothing at all, and run nothing but the one script below, known by its hash.
    private static var policy: Markup {
        """
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        img-src data:; base-uri 'none'; form-action 'none'; script-src 'sha256-\(PageScript.hash)'">

        """
    }

    private static let mark: Markup = """
        <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="10" cy="10" r="7"/><path d="M15.2 15.2 21 21M7 10l2.2 2.4L13.4 7.6"/></svg>
        """
}
