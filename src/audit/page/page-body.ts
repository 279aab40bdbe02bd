/** What stands on the page before its script fills it. Nothing here depends on the report. */

export function pageBody(): string {
  return `<a class="skip" href="#stage">To the matrix</a>
<header class="bar">
  <div class="title">
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 21V9a8 8 0 0 1 16 0v12h-4v-6a4 4 0 0 0-8 0v6z"/></svg>
    <h1>Who reaches whom</h1>
    <span id="input" class="input"></span>
  </div>
  <div id="views" class="segments" role="tablist" aria-label="View">
    <button type="button" role="tab" id="tab-matrix" aria-controls="stage" data-view="matrix">Matrix</button>
    <button type="button" role="tab" id="tab-graph" aria-controls="stage" data-view="graph">Graph</button>
    <button type="button" role="tab" id="tab-list" aria-controls="stage" data-view="list">List</button>
  </div>
  <div class="tools">
    <button type="button" id="toggle-filters" class="quiet narrow" aria-expanded="false" aria-controls="filters">Filters</button>
    <button type="button" id="toggle-panel" class="quiet narrow" aria-expanded="false" aria-controls="panel">About</button>
    <button type="button" id="theme" class="quiet"></button>
  </div>
</header>
<form id="filters" class="filters" aria-label="Filters" autocomplete="off">
  <label class="grow">Search <input id="search" type="search" placeholder="Name ( / )" spellcheck="false"></label>
  <div class="field"><span id="namespaces-label">Namespaces</span>
    <details id="namespaces" class="menu"><summary aria-labelledby="namespaces-label namespaces-value"><span id="namespaces-value">all</span></summary>
      <div class="choices" role="group" aria-label="Namespaces"></div>
    </details>
  </div>
  <label>From <input id="from" type="text" placeholder="any workload" spellcheck="false"></label>
  <label>To <input id="to" type="text" placeholder="any workload" spellcheck="false"></label>
  <label class="small">Port <input id="ports" type="text" placeholder="443, 53/UDP" spellcheck="false" aria-describedby="ports-error"></label>
  <label>Direction <select id="side">
    <option value="both">Both sides</option>
    <option value="egress">Egress side</option>
    <option value="ingress">Ingress side</option>
  </select></label>
  <label>Show <select id="show">
    <option value="all">All pairs</option>
    <option value="allowed">Allowed</option>
    <option value="denied">Denied</option>
  </select></label>
  <button type="button" id="reset" class="quiet">Reset</button>
  <span id="ports-error" class="error" role="alert"></span>
</form>
<main class="body">
  <section id="stage" class="stage" role="tabpanel" aria-labelledby="tab-matrix" tabindex="-1"></section>
  <aside id="panel" class="panel" aria-label="Details" tabindex="-1"></aside>
</main>
<footer class="status">
  <ul id="legend" class="legend" aria-label="Legend"></ul>
  <p id="where" class="where" aria-hidden="true"></p>
</footer>
<div id="live" class="hidden" role="status" aria-live="polite"></div>
<div id="print" class="print" hidden></div>
<noscript><p class="noscript">This page draws its matrix with the script that it holds: allow scripts for it.</p></noscript>`;
}
