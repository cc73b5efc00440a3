package coppice.report;

import coppice.model.Shape;
import coppice.parallel.WorkerPool;
import coppice.run.RunManifest;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One HTML page about runs that needs nothing else: no network, no script, no font.
 *
 * @param runs at least one
 * @param bootstraps samples behind each p-value; 0 for none
 * @param image how the features form an image, where the checkpoints do not say; null to go by them
 */
public record ReportPage(
        List<Run> runs, int bootstraps, @Nullable Shape image) {
    private static final int MOST_DETAILED = 12; // groups whose first run is shown in full
    private static final String STYLE = """

            :root{color-scheme:light dark;--page:#fff;--text:#1c1e21;--muted:#5a6068;--rule:#e2e4e8;--axis:#80868f;
            --s0:#0072b2;--s1:#d55e00;--s2:#00875f;--s3:#a8327a;--s4:#8c6d00;--s5:#3c3f45;--s6:#9aa0a8;
            --font:system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans","DejaVu Sans",sans-serif}
            @media(prefers-color-scheme:dark){:root{--page:#15171a;--text:#e6e7e9;--muted:#a0a6ae;--rule:#2c3036;
            --axis:#7c828b;--s0:#5cb5ee;--s1:#ff9a52;--s2:#3dcc9c;--s3:#e58bc2;--s4:#e0c55c;--s5:#d4d6da;--s6:#747a83}}
            *{box-sizing:border-box}
            body{margin:0 auto;padding:16px;max-width:1280px;background:var(--page);color:var(--text);
            font:15px/1.45 var(--font)}
            h1{font-size:24px;margin:8px 0;overflow-wrap:anywhere}
            h2{font-size:20px;margin:32px 0 8px;overflow-wrap:anywhere}
            h3{font-size:17px;margin:28px 0 8px;border-bottom:1px solid var(--rule);padding-bottom:4px}
            p{margin:8px 0}
            .settings{color:var(--muted);overflow-wrap:anywhere}
            .facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:8px 16px;margin:12px 0}
            dt{color:var(--muted);font-size:13px}dd{margin:0;font-size:18px;font-variant-numeric:tabular-nums}
            .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:24px 32px;
            align-items:start}
            figure{margin:0;min-width:0}
            figcaption strong{display:block}figcaption span{color:var(--muted);font-size:13px}
            figure>svg{display:block;width:100%;max-width:480px;height:auto;margin-top:6px}
            svg text{font:12px var(--font);fill:var(--muted)}
            svg text.label{fill:var(--text)}
            .legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 14px;padding:0;margin:6px 0 0;font-size:13px}
            .legend li{display:flex;align-items:center;gap:5px;min-width:0;overflow-wrap:anywhere}
            .legend svg,.swatch{width:24px;height:10px;flex:none}
            .rules{stroke:var(--rule);fill:none}.axis{stroke:var(--axis);fill:none}
            .line{fill:none;stroke-width:1.8;stroke-linejoin:round}.law{fill:none;stroke-width:1.8;stroke-dasharray:5 3}
            .band{fill-opacity:.18;stroke:none}.area{stroke:none}.dot{stroke:none}
            .s0{stroke:var(--s0)}.s1{stroke:var(--s1)}.s2{stroke:var(--s2)}.s3{stroke:var(--s3);stroke-dasharray:8 3}
            .s4{stroke:var(--s4);stroke-dasharray:3 2}.s5{stroke:var(--s5);stroke-dasharray:8 3 2 3}
            .s6{stroke:var(--s6)}
            .dot.s0,.band.s0,.area.s0{fill:var(--s0);stroke:none}.dot.s1,.band.s1,.area.s1{fill:var(--s1);stroke:none}
            .dot.s2,.band.s2,.area.s2{fill:var(--s2);stroke:none}.dot.s3,.band.s3,.area.s3{fill:var(--s3);stroke:none}
            .dot.s4,.band.s4,.area.s4{fill:var(--s4);stroke:none}.dot.s5,.band.s5,.area.s5{fill:var(--s5);stroke:none}
            .dot.s6,.band.s6,.area.s6{fill:var(--s6);stroke:none}
            .maps{display:flex;gap:12px;max-width:480px;margin-top:6px}.maps div{flex:1;min-width:0}
            .maps p{margin:0 0 2px;font-size:13px;color:var(--muted)}
            .map{display:block;width:100%;height:auto;shape-rendering:crispEdges}
            .scale{display:flex;gap:8px;align-items:center;max-width:480px;font-size:12px;margin-top:6px;
            color:var(--muted)}
            .scale svg{flex:1;min-width:0;height:10px;shape-rendering:crispEdges}.scale span{white-space:nowrap}
            .scroll{overflow-x:auto;margin:8px 0 16px}
            table{border-collapse:collapse;font-size:14px}
            th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--rule);vertical-align:top}
            th{font-weight:600;color:var(--muted);vertical-align:bottom}
            .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}th.number{white-space:normal}
            summary{cursor:pointer;font-weight:600;padding:6px 0}
            """;

    /** Copies the list and checks that the features of all runs form the image. */
    public ReportPage {
        runs = List.copyOf(runs);
        for (Run run : runs) {
            for (RunManifest.DataSource data : run.manifest().data()) {
                if (image != null && image.neurons() != data.features()) {
                    throw new IllegalArgumentException("the " + data.features() + " features of " + run.path()
                            + " do not form an image of " + image.channels() + "x" + image.height() + "x"
                            + image.width());
                }
            }
        }
    }

    /** The whole page. */
    public String html(WorkerPool pool) throws IOException {
        Markup page = new Markup();
        page.open("html", "lang", "en", "xmlns", "http://www.w3.org/1999/xhtml").open("head");
        page.empty("meta", "charset", "utf-8");
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty(
                "meta",
                "http-equiv",
                "Content-Security-Policy",
                "content",
                "default-src 'none'; style-src 'unsafe-inline'");
        page.element("title", title()).style(STYLE).closeLine();
        page.open("body").element("h1", title());
        if (runs.size() == 1) {
            writeRun(runs.get(0), page, pool);
        } else {
            writeMany(page, pool);
        }
        return "<!DOCTYPE html>\n" + page.close().closeLine();
    }

    private String title() {
        return runs.size() == 1 ? "Run " + runs.get(0).path() : runs.size() + " runs";
    }

    private void writeMany(Markup page, WorkerPool pool) throws IOException {
        Comparison comparison = Comparison.of(runs, false);
        new ComparisonSection(comparison).write(page);
        if (comparison.groups().size() > MOST_DETAILED) {
            page.element(
                    "p",
                    "There are more than " + MOST_DETAILED + " groups: a report of a single run shows its topology.");
            return;
        }
        for (Group group : comparison.groups()) {
            Run shown = group.shown();
            String label = comparison.label(group);
            page.open("section");
            if (comparison.groups().size() == 1) {
                page.open("details", "open", "open");
            } else {
                page.open("details");
            }
            page.element("summary", "Run " + shown.path() + (label.isEmpty() ? "" : ": " + label));
            writeRun(shown, page, pool);
            page.close().closeLine();
        }
    }

    private void writeRun(Run run, Markup page, WorkerPool pool) throws IOException {
        Optional<TrainedNetwork> network =
                TrainedNetwork.read(run, pool).map(read -> image == null ? read : read.withImage(image));
        TopologyFigures topology = network.map(read -> new TopologyFigures(read, bootstraps, run.seed(), pool))
                .orElse(null);
        new RunSection(run, network, topology).write(page);
    }
}
