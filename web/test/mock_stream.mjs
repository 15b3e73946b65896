// The event stream of the mock: numbers its events, keeps the newest for those who come back, and counts as the daemon
// does.
const runId = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const kept = 20_000;

// Whether an event of a symbol, or of none, is for a client that wants one, or all.
const concerns = (symbol, wanted) => !wanted || !symbol || wanted === symbol;

export class MockStream {
  constructor(decisions) {
    this.clients = new Set();
    this.events = [];
    this.next = 1;
    this.generation = 1;
    this.decisions = decisions;
    this.counts = {
      lines: 0, trades: 0, ohlc: 0, decisions: 0, invalid_lines: 0, late_trades: 0, decisions_blocked: 0,
    };
    this.rejected = { 'bad_field:price': 0, invalid_json: 0 };
  }

  bar(symbol, bar, revision, more = {}) {
    this.counts.lines += bar.trades;
    this.counts.trades += bar.trades;
    this.send('bar', { type: 'ohlc1s', symbol, ...bar, revision, ...more }, symbol);
  }

  decision(symbol, { ts_ms, close, ...rest }) {
    ++this.counts.decisions;
    const gate = {
      open: rest.gate_open, source: 'capital_controls_1.jsonl', allowed_slip_bps: 0.5, reason: null, timestamp: null,
    };
    const more = { phase6_gate: gate, cost: 0, run_id: runId, source: 'stream_daemon' };
    this.send('decision', { timestamp: ts_ms, symbol, close, ...rest, ...more }, symbol);
  }

  health(gateOpen) {
    const now = Date.now();
    if (Math.random() < 0.3) {
      const reason = Math.random() < 0.7 ? 'bad_field:price' : 'invalid_json';
      ++this.rejected[reason];
      ++this.counts.invalid_lines;
      ++this.counts.lines;
    }
    if (Math.random() < 0.4) ++this.counts.late_trades;
    this.send('health', {
      ts: now / 1000, host: '0.0.0.0', port: 9009, connections: 3, ...this.counts,
      rejected_by_reason: this.rejected,
      pending_rows: Math.floor(Math.random() * 200), queue_depth: Math.floor(Math.random() * 4),
      journal_bytes: 48_000_000 + this.counts.lines * 90, last_flush_age_s: Math.random(), last_bar_ts_ms: now - 1000,
      last_write_ts_ms: now - 300,
      gate: {
        open: gateOpen,
        file: gateOpen ? 'capital_controls_1.jsonl' : null,
        reason: gateOpen ? null : 'no entry allows it',
        age_s: gateOpen ? 42 : null,
      },
      sinks: [
        { sink: 'file:logs/decisions.ndjson', connected: true, bytes_waiting: 0 },
        { sink: 'tcp://127.0.0.1:9200', connected: false, bytes_waiting: 512_000 + 300 * this.next },
      ],
      version: '0.6.0', run_id: runId,
    });
  }

  send(type, data, symbol) {
    const id = this.next++;
    const text = `id: ${runId.slice(0, 8)}-${this.generation}-${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    this.events.push({ id, text, symbol, type });
    if (this.events.length > kept * 1.25) this.events.splice(0, this.events.length - kept);
    for (const client of this.clients) if (concerns(symbol, client.symbol)) client.response.write(text);
  }

  reset() {
    this.send('reset', {});
  }

  serve(request, response, symbol) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write(': welcome\n\n');
    const last = request.headers['last-event-id'];
    if (last !== undefined) {
      const [, generation, id] = last.split('-').map(Number);
      const isKnown = generation === this.generation && id + 1 >= (this.events[0]?.id ?? 1);
      const missed = isKnown ? this.events.filter((event) => event.id > id && concerns(event.symbol, symbol)) : [];
      const reset = `id: ${runId.slice(0, 8)}-${this.generation}-${this.next - 1}\nevent: reset\ndata: {}\n\n`;
      response.write(isKnown ? missed.map((event) => event.text).join('') : reset);
    }
    const client = { response, symbol };
    this.clients.add(client);
    response.on('close', () => this.clients.delete(client));
  }

  forget() {
    ++this.generation;
    this.events = [];
  }

  drop() {
    for (const client of this.clients) client.response.destroy();
    this.clients.clear();
  }
}
