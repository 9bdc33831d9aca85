"""An order's life as one HTML page that needs nothing else.

Here: page(). Everything that came from outside is escaped; there is no script, and nothing is
loaded, so the page can be mailed, kept and printed.
Not here: the words (life).
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from fixgate.cli.life import Moment, Way, latencies
from fixgate.cli.moments import length, microseconds
from fixgate.cli.words import STATUS_WORDS, number

if TYPE_CHECKING:
    from fixgate.adapters.store.history import Step

_CLASS: Final = {
    Way.FROM_CLIENT: "from-client",
    Way.TO_CLIENT: "to-client",
    Way.TO_VENUE: "to-venue",
    Way.FROM_VENUE: "from-venue",
    Way.DECIDED: "decided",
    Way.NOTED: "noted",
}
_STYLE: Final = """
:root { color-scheme: light dark; --ink:#1c2430; --soft:#66707f; --line:#d9dee6; --paper:#fbfcfd;
  --card:#ffffff; --client:#0b6bcb; --venue:#a2560a; --core:#4a5568; }
@media (prefers-color-scheme: dark) { :root { --ink:#e6eaf0; --soft:#97a1b0; --line:#343c48;
  --paper:#15191f; --card:#1d232b; --client:#6cb2f7; --venue:#eba55c; --core:#aab4c3; } }
* { box-sizing: border-box; }
body { margin:0 auto; padding:2.5rem 2rem 4rem; max-width:78rem; background:var(--paper);
  color:var(--ink); font:15px/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif; }
h1 { font-size:1.7rem; font-weight:650; margin:0; letter-spacing:-.01em; }
h1 code { font-size:1.5rem; }
code,.t,.f { font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace; }
.sub { color:var(--soft); margin:.25rem 0 1.75rem; }
dl { display:grid; grid-template-columns:repeat(auto-fill,minmax(11rem,1fr)); gap:1rem 1.5rem;
  margin:0 0 2rem; padding:1.1rem 1.3rem; background:var(--card); border:1px solid var(--line);
  border-radius:10px; }
dt { color:var(--soft); font-size:.78rem; }
dd { margin:0; font-weight:600; overflow-wrap:anywhere; }
.lanes,.step { display:grid; grid-template-columns:12.5rem 1fr 1fr 1fr; gap:0 .8rem; }
.lanes { position:sticky; top:0; padding:.5rem 0; background:var(--paper); z-index:1;
  border-bottom:2px solid var(--line); font-weight:650; }
.lanes span:nth-child(2){color:var(--client)} .lanes span:nth-child(4){color:var(--venue);
  text-align:right} .lanes span:nth-child(3){text-align:center;color:var(--core)}
.step { padding:.35rem 0; break-inside:avoid; }
.t { font-size:.78rem; color:var(--soft); padding-top:.5rem; white-space:nowrap; }
.t b { display:block; color:var(--ink); font-weight:500; }
.card { background:var(--card); border:1px solid var(--line); border-radius:8px;
  padding:.45rem .8rem .5rem; min-width:0; }
.card h2 { font-size:.95rem; font-weight:600; margin:0; }
.from-client .card,.to-client .card { grid-column:2/4; }
.to-venue .card,.from-venue .card { grid-column:3/5; }
.decided .card,.noted .card { grid-column:3/4; background:none; border-style:dashed; }
.from-client .card { border-left:4px solid var(--client); }
.to-client .card { border-left:4px double var(--client); }
.to-venue .card { border-right:4px solid var(--venue); }
.from-venue .card { border-right:4px double var(--venue); }
.from-client h2::after{content:" \\2192";color:var(--client)}
.to-client h2::before{content:"\\2190 ";color:var(--client)}
.to-venue h2::after{content:" \\2192";color:var(--venue)}
.from-venue h2::before{content:"\\2190 ";color:var(--venue)}
.f { font-size:.76rem; color:var(--soft); margin:.2rem 0 0; overflow-wrap:anywhere; }
.f span { display:inline-block; margin-right:.9em; }
.f.raw { margin-top:.35rem; padding-top:.35rem; border-top:1px dotted var(--line); }
.seq { float:right; font-size:.72rem; color:var(--soft); }
footer { margin-top:2.5rem; padding-top:.8rem; border-top:1px solid var(--line);
  color:var(--soft); font-size:.8rem; overflow-wrap:anywhere; }
@media print { :root { --ink:#000; --soft:#444; --line:#bbb; --paper:#fff; --card:#fff;
    --client:#0b4f99; --venue:#7a3f05; --core:#333; }
  body { padding:0; max-width:none; font-size:11px; } .lanes { position:static; }
  @page { margin:14mm; } }
@media (max-width:46rem) { .lanes { display:none; } .step { grid-template-columns:1fr; }
  .step .card { grid-column:1 !important; } }
"""


def page(order_id: str, life: Sequence[Moment], steps: "Sequence[Step]", *, made_ns: int) -> str:
    """The page."""
    first, last = life[0], life[-1]
    return "".join((
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy"',
        " content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Order {escape(order_id)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Order <code>{escape(order_id)}</code></h1>",
        f'<p class="sub">{microseconds(first.at_ns)} to {microseconds(last.at_ns)} UTC, ',
        f"{len(life)} records</p>",
        _facts(steps, life),
        '<div class="lanes"><span>Time (UTC), after the one before</span><span>Client</span>',
        "<span>Fixgate</span><span>Venue</span></div>",
        *map(_step, life),
        _footer(steps, made_ns),
        "</body></html>\n",
    ))  # fmt: skip


def _facts(steps: "Sequence[Step]", life: Sequence[Moment]) -> str:
    said = [*_order_facts(steps), *latencies(life)]
    return "<dl>" + "".join(
        f"<div><dt>{escape(name[:1].upper() + name[1:])}</dt><dd>{escape(value)}</dd></div>"
        for name, value in said
    ) + "</dl>"  # fmt: skip


def _order_facts(steps: "Sequence[Step]") -> Iterator[tuple[str, str]]:
    """What was ordered, and how it stands by the last report."""
    received = next((s.payload for s in steps if s.raw.kind.startswith("order_received.")), None)
    refused = next((s.payload for s in steps if s.raw.kind.startswith("order_refused.")), None)
    if received is not None:
        order = received.order
        about, terms = order.instruction, order.terms
        price = terms.price if terms.price is not None else terms.stop_px
        yield "session", about.session
        yield "ClOrdID", order.cl_ord_id
        yield "account", about.account or "none"
        quantity = number(str(terms.order_qty))
        yield "order", f"{about.side.name.lower()} {quantity} {about.symbol}"
        yield "price", "market" if price is None else number(str(price))
        yield "venue", about.venue
    elif refused is not None:
        yield "session", refused.refused.session
        yield "ClOrdID", refused.refused.cl_ord_id
        yield "refused", refused.refused.text
    reports = [s.payload.text for s in steps if s.raw.kind.startswith("fix_out.")]
    last = reports[-1] if reports else ""
    found = dict(each.partition("=")[::2] for each in last.split("\x01"))
    if "39" in found:
        yield "status", STATUS_WORDS.get(found["39"], found["39"])
    if "14" in found:
        yield "traded", f"{number(found['14'])} at {number(found.get('6'))} on average"


def _step(each: Moment) -> str:
    fields = "".join(f"<span>{escape(detail)}</span> " for detail in each.details)
    raw = "" if each.raw is None else f'<p class="f raw">{escape(each.raw)}</p>'
    cause = "" if each.cause is None else f" by {each.cause}"
    return (
        f'<section class="step {_CLASS[each.way]}"><div class="t"><b>{microseconds(each.at_ns)}</b>'
        f'+{length(each.since_ns)}</div><div class="card">'
        f'<span class="seq">record {each.seq}{cause}</span><h2>{escape(each.title)}</h2>'
        f'<p class="f">{fields}</p>{raw}</div></section>'
    )


def _footer(steps: "Sequence[Step]", made_ns: int) -> str:
    last = steps[-1].raw
    return (
        f"<footer>From the journal of Fixgate, records {steps[0].raw.seq} to {last.seq}; the last "
        f"has the hash {last.hash.hex()}. Made {microseconds(made_ns)} UTC.</footer>"
    )
