/// The style of every page, in light and dark, on wide and narrow screens and on paper.
enum PageStyle {
    static let text: Markup = "\(colours)\(frame)\(verdicts)\(figures)\(details)\(media)"

    private static let colours: Markup = """

        :root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1b2330;--soft:#566072;--line:#dde1e8;--link:#2450b8;--wash:#eef1f5;
        --ok:#2f7f86;--info:#c08a1e;--fail:#8b93a1;--proof:#1f3fae;--bad:#b3261e;
        --good-ink:#14663f;--good:#e4f3ea;--bad-ink:#a01b14;--bad-wash:#fceae8;--unknown-ink:#80570a;--unknown:#fcf3dc;
        --broken-ink:#6b3aa0;--broken:#f2eafb;--fault:#7c5cc4;--neighbour:.3;--shade:.09}
        @media(prefers-color-scheme:dark){:root{--page:#11151c;--card:#191f29;--ink:#e4e8ef;--soft:#9aa5b6;--line:#2c3543;
        --link:#8fb2ff;--wash:#212936;--ok:#4fa9b0;--info:#d9a63e;--fail:#768092;--proof:#7da2ff;--bad:#ff7b70;
        --good-ink:#7fd6a6;--good:#16332a;--bad-ink:#ff9c93;--bad-wash:#3c1d1e;--unknown-ink:#ecc465;--unknown:#382d15;
        --broken-ink:#cfaef7;--broken:#2f2342;--fault:#a98bea;--neighbour:.3;--shade:.1}}

        """

    private static let frame: Markup = """
        *{box-sizing:border-box}
        body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;overflow-wrap:anywhere}
        .top,main,footer{max-width:1120px;margin:0 auto;padding:0 28px}.top{padding-top:30px;padding-bottom:22px}
        .brand{display:flex;align-items:center;gap:.45em;margin:0 0 14px;font-weight:600;font-size:.85rem;color:var(--soft)}
        .brand svg{width:1.35em;height:1.35em;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
        h1{font-size:1.95rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 8px}
        h2{font-size:1.25rem;line-height:1.3;margin:0 0 14px;letter-spacing:-.005em}h3{font-size:1rem;margin:0 0 8px}
        .lede{margin:0 0 8px;max-width:72ch;font-size:1.05rem}.sub{margin:0;color:var(--soft);font-size:.92rem}
        .sub code{color:var(--ink)}section{margin:0 0 44px}p{margin:0 0 10px}
        a{color:var(--link);text-underline-offset:2px}a:hover{text-decoration-thickness:2px}
        :focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:3px}
        .skip{position:absolute;left:12px;top:-60px;background:var(--card);padding:8px 14px;z-index:2}.skip:focus{top:12px}
        code,pre{font:0.88em/1.5 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono","Liberation Mono",monospace}
        pre{background:var(--wash);border-radius:8px;padding:14px 16px;margin:0;overflow:auto;white-space:pre-wrap}
        table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}
        thead th{color:var(--soft);font-weight:600}tbody th{font-weight:500}tr:last-child>*{border-bottom:0}
        .n{font-variant-numeric:tabular-nums;white-space:nowrap}.muted{color:var(--soft);font-weight:400}
        .scroll{overflow-x:auto}.scroll table{min-width:640px}
        footer{color:var(--soft);font-size:.85rem;padding-top:18px;padding-bottom:42px}

        """

    private static let verdicts: Markup = """
        .outcome{display:flex;gap:20px;align-items:flex-start;border-radius:12px;padding:22px 26px;margin-bottom:22px}
        .outcome h2{font-size:1.4rem;margin:0 0 4px}.outcome p{margin:0}.outcome>div{flex:1;min-width:0}
        .outcome ul{margin:12px 0 0;padding-left:1.2em}.outcome .sign{font-size:1.9rem;line-height:1.1;font-weight:700}
        .outcome .code{white-space:nowrap;font-weight:700;font-size:1.05rem}.outcome .code span{font-weight:400;font-size:.85rem}
        .valid{--tone:var(--good-ink);--tint:var(--good)}.invalid{--tone:var(--bad-ink);--tint:var(--bad-wash)}
        .unknown{--tone:var(--unknown-ink);--tint:var(--unknown)}.broken{--tone:var(--broken-ink);--tint:var(--broken)}
        .outcome{background:var(--tint)}.outcome h2,.outcome .sign,.outcome .code{color:var(--tone)}
        .chip{display:inline-block;background:var(--tint);color:var(--tone);font-weight:650;font-size:.85rem;border-radius:99px;padding:2px 11px;white-space:nowrap}
        .problems{background:var(--broken);border-radius:12px;padding:20px 26px}.problems ul{margin:0;padding-left:1.2em}
        .problems h2{margin-bottom:4px}.advice{color:var(--soft)}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px 26px;margin:0 0 40px;padding:0 4px}
        .facts dt{color:var(--soft);font-size:.85rem}.facts dd.note{font-size:.82rem;font-weight:400;color:var(--soft)}.facts dd{margin:0;font-size:1.2rem;font-weight:600;font-variant-numeric:tabular-nums}
        .cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:16px}.cards.wide{grid-template-columns:repeat(auto-fill,minmax(420px,1fr))}
        .card,.anomaly,.activity{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 22px}
        .card{display:flex;flex-direction:column;font-size:.94rem}.card header{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center;margin-bottom:8px}
        .card h3{margin:0;width:100%}.expect{color:var(--soft);font-size:.86rem}.expect.unmet{color:var(--bad-ink);font-weight:650}
        .guarantees{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:4px 24px}
        .guarantee{display:grid;grid-template-columns:minmax(0,1.1fr) 150px minmax(0,1.35fr);gap:8px 30px;padding:18px 0;border-top:1px solid var(--line);font-size:.94rem}
        .guarantee:first-child{border-top:0}.guarantee h3{margin:0 0 4px;font-size:1.05rem}.guarantee p{margin:0 0 4px}
        .verdict{display:flex;flex-direction:column;align-items:flex-start;gap:5px}.verdict .found{margin:2px 0 0}
        .reason{color:var(--unknown-ink)}.found{font-weight:600}.how{color:var(--soft);font-size:.82rem}
        caption{text-align:left;color:var(--soft);font-size:.82rem;padding-bottom:2px}.counts{font-size:.86rem}
        .counts td{color:var(--soft)}.counts td.n{color:var(--ink);text-align:right}.counts th,.counts td{padding:3px 12px 3px 0;border:0}
        .counts .short td{color:var(--unknown-ink)}.counts td:last-child{padding-right:0;width:24%}.exercised{max-width:720px;padding:14px 24px}

        """

    private static let figures: Markup = """
        figure{margin:0}figure svg{display:block;width:100%;min-width:760px;height:auto;font-size:12px}svg text{fill:var(--ink)}
        .violated{margin-bottom:26px}.violated>h3{font-size:1.08rem}.anomaly{margin-bottom:16px}
        .anomaly h4{color:var(--soft);font-size:.88rem;font-weight:500;margin:0 0 2px}.anomaly .lead{font-size:1.16rem;font-weight:600;line-height:1.4;margin:0 0 8px}
        .circumstance{color:var(--soft)}.steps{margin:0 0 16px;padding-left:1.5em}.steps li{margin:3px 0}.steps a{color:inherit;text-decoration-color:var(--line)}
        .role{display:inline-block;font-weight:600;margin-right:.35em}.telling .role{color:var(--bad-ink)}
        .grid{stroke:var(--line);stroke-width:1}.rule{stroke:var(--line);stroke-width:1;opacity:.6}
        svg .tick{fill:var(--soft);text-anchor:middle;font-size:11.5px}svg .mark{fill:var(--soft);text-anchor:end;font-size:11.5px}
        svg .panel{font-weight:600;font-size:13px}svg .who{fill:var(--soft)}svg .who.proof{fill:var(--ink);font-weight:600}
        .shade{fill:var(--fault);opacity:var(--shade)}.lane{fill:var(--fault);opacity:.3}.fault text{font-size:11.5px}
        .break rect{fill:var(--card)}.break .cut{fill:var(--soft);font-size:11px;text-anchor:middle}
        .op rect{fill:var(--ok);opacity:var(--neighbour)}.op.near rect{opacity:.75}.op.info rect{fill:var(--info)}
        .op.fail rect{fill:var(--card);stroke:var(--fail);stroke-width:1.5;stroke-dasharray:3 2}
        .op.proof rect{opacity:1;stroke:var(--proof);stroke-width:2.5}.op.telling rect{stroke:var(--bad)}
        .op .label{font-weight:650;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}.op.telling .label{fill:var(--bad-ink)}
        .op{cursor:default}.op:hover rect,.op:focus rect,.op:target rect{opacity:1;stroke:var(--ink);stroke-width:3}.op:focus{outline:0}
        .readout{min-height:3.1em;margin:10px 0 6px;padding:6px 12px;background:var(--wash);border-radius:8px;font-size:.88rem;color:var(--soft)}
        .legend{display:flex;flex-wrap:wrap;gap:4px 20px;color:var(--soft);font-size:.85rem;margin:8px 0}.legend span{display:inline-flex;align-items:center;gap:7px}
        .key{width:18px;height:11px;border-radius:3px;display:inline-block;background:var(--ok)}.key.far{opacity:.35}.key.info{background:var(--info)}
        .key.fail{background:none;border:1.5px dashed var(--fail)}.key.proof{background:none;border:2.5px solid var(--proof)}.key.telling{border-color:var(--bad)}.key.fault{background:var(--fault);opacity:.35}
        .key.line{height:3px;background:var(--ok)}.key.line.p95{background:var(--info)}.key.line.most{background:var(--fail)}
        .area.ok{fill:var(--ok)}.area.info{fill:var(--info)}.area.fail{fill:var(--fail)}.activity .key.fail{background:var(--fail);border:0}
        path.line{fill:none;stroke:var(--ok);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}path.p95{stroke:var(--info)}path.most{stroke:var(--fail);stroke-width:1.4}path.dots{stroke-width:5}
        .phase rect{fill:var(--wash);stroke:var(--line)}svg .phase text{fill:var(--soft);text-anchor:middle;font-size:11.5px}
        .target{fill:transparent}.target:hover{fill:var(--ink);opacity:.08}

        """

    private static let details: Markup = """
        details{margin:8px 0}summary{cursor:pointer;padding:5px 0;font-size:.92rem;font-weight:550}details[open]>summary{margin-bottom:6px}
        tr.proof>*{background:var(--wash)}.times{display:grid;grid-template-columns:repeat(4,auto);gap:4px 18px;margin:0 0 10px;font-size:.88rem;justify-content:start}
        .times dt{color:var(--soft)}.times dd{margin:0;font-variant-numeric:tabular-nums}
        .evidence{list-style:none;margin:0;padding:0;font-size:.9rem}.evidence li{padding:5px 0 5px 1.6em;border-top:1px solid var(--line);position:relative}
        .evidence li::before{content:"✓";position:absolute;left:.2em;color:var(--good-ink);font-weight:700}.evidence .fails::before{content:"✗";color:var(--bad-ink)}
        .when{color:var(--soft);margin-right:.3em}
        .pair{display:grid;grid-template-columns:1fr 1.35fr;gap:16px 44px;margin-bottom:14px}.hash{font-size:.78em}
        .command{display:flex;gap:10px;align-items:stretch;margin-bottom:8px}.command pre{flex:1;min-width:0}
        button{font:inherit;font-size:.9rem;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:8px;padding:6px 16px;cursor:pointer}
        button:hover{background:var(--wash)}
        .sheet{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:10px 22px}.scroll .matrix{min-width:700px}.matrix{font-size:.92rem;overflow-wrap:normal}.matrix td,.matrix th{padding:11px 14px 11px 0}#runs dt{font-weight:600;margin-top:10px}#runs dd{margin:2px 0 10px;color:var(--soft);max-width:80ch}
        .matrix .unmet{display:block;font-size:.8rem;color:var(--bad-ink);font-weight:650}

        """

    private static let media: Markup = """
        @media(max-width:720px){.top,main,footer{padding-left:16px;padding-right:16px}h1{font-size:1.55rem}.outcome{flex-wrap:wrap;padding:18px;gap:12px}
        .outcome>div{flex-basis:calc(100% - 50px)}.guarantee,.cards,.cards.wide,.pair{grid-template-columns:minmax(0,1fr)}.card,.anomaly,.activity{padding:15px 16px}
        .command{flex-direction:column}.facts{grid-template-columns:repeat(2,1fr)}.times{grid-template-columns:repeat(2,auto)}}
        @media(min-width:721px){.guarantee:not(:first-child) caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}}
        @media print{:root{--page:#fff}body{font-size:11pt}.readout,.copy,.skip{display:none}.card,.anomaly,.outcome{break-inside:avoid}svg{min-width:0}.scroll{overflow:visible}}

        """
}
