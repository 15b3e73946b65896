import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FillWatch } from './fill_watch';
import { age, bytes, changeRatio, count, percent, signed } from './format';
import { arrange } from './list_order';
import { decimalsOf, Market } from './market';
import { RateMeter } from './rates';
import { asCsv } from './result_table';

const bar = (symbol: string, ts_ms: number, close: number, more = {}) => ({
  symbol, ts_ms, open: close, high: close, low: close, close, volume: 1, trades: 1, revision: 0, ...more,
});
const overview = (symbol: string, ts_ms: number, close: number, open_close: number | null) => ({
  now_ms: 0,
  costs: { fee_rate: 0, slippage: 0 },
  decisions: true,
  symbols: [
    {
      symbol, ts_ms, close, open_close,
      state: 1 as const, direction: 1, target_exposure: 0.1, posture: 'OBSERVE', gate_open: false,
    },
  ],
});

test('the newest price counts, from wherever it came', () => {
  const market = new Market();
  assert.ok(market.takeBar(bar('A', 5000, 10)));
  market.takeOverview(overview('A', 4000, 9, 8));
  assert.deepEqual([market.get('A')!.last, market.get('A')!.base], [10, 8]);
  market.takeOverview(overview('A', 6000, 11, 8));
  assert.equal(market.get('A')!.last, 11);
});

test('a revision of an older second and a late part change no row', () => {
  const market = new Market();
  market.takeBar(bar('A', 5000, 10));
  const { version } = market.get('A')!;
  market.takeBar(bar('A', 4000, 7, { revision: 1 }));
  market.takeBar(bar('A', 5000, 7, { revision: 1, partial: true }));
  assert.deepEqual([market.get('A')!.version, market.get('A')!.last], [version, 10]);
  market.takeBar(bar('A', 5000, 11, { revision: 1 }));
  assert.deepEqual([market.get('A')!.last, market.get('A')!.tick], [11, 1]);
});

test('a market that begins anew keeps in sight what it had until the overview, and then no longer', () => {
  const market = new Market();
  market.takeOverview(overview('A', 9000, 10, 8));
  market.takeBar(bar('B', 9000, 20));
  market.beginAnew();
  assert.deepEqual([market.size, market.knows('A'), market.get('A')!.last], [2, false, 10]);
  assert.ok(market.takeBar(bar('C', 3000, 30)));
  market.takeOverview(overview('A', 2000, 5, null));
  assert.deepEqual(market.rows().map(({ symbol, last }) => [symbol, last]), [['A', 5], ['C', 30]]);
  assert.deepEqual([market.knows('A'), market.get('A')!.base, market.newestMs], [true, null, 3000]);
});

test('rows are filtered and sorted, those without a value last', () => {
  const market = new Market();
  market.takeBar(bar('B', 1000, 5));
  market.takeOverview(overview('AB', 1000, 12, 10));
  market.takeOverview(overview('C', 1000, 8, 10));
  const names = (filter: string, column: 'symbol' | 'change', descending: boolean) =>
    arrange(market.rows(), filter, { column, descending }).map(({ symbol }) => symbol);
  assert.deepEqual(names('', 'symbol', false), ['AB', 'B', 'C']);
  assert.deepEqual(names('b', 'symbol', true), ['B', 'AB']);
  assert.deepEqual(names('', 'change', true), ['AB', 'C', 'B']);
  assert.deepEqual(names('', 'change', false), ['C', 'AB', 'B']);
});

test('a price has as many decimals as it is written with', () => {
  assert.deepEqual([5000, 5000.25, 95473.29, 0.00002241, 0.1 + 0.2, 1e-12].map(decimalsOf), [0, 2, 2, 8, 1, 8]);
});

test('history is asked again when a commit began behind the stream, or nothing waits', () => {
  const watch = new FillWatch();
  assert.ok(!watch.feed({ ts: 1000, pending_rows: 0, queue_depth: 0 }));
  watch.restart();
  const feed = (ts: number, last_write_ts_ms: number, pending_rows = 5) =>
    watch.feed({ ts, last_write_ts_ms, pending_rows, queue_depth: 0 });
  assert.deepEqual(
    [feed(1000, 900), feed(2000, 1500), feed(3000, 1500), feed(4000, 3500), feed(5000, 4500)],
    [false, false, false, true, false],
  );
  watch.restart();
  assert.deepEqual([feed(6000, 5000, 0), feed(7000, 5000, 0), feed(9000, 5000, 0)], [false, false, true]);
});

test('history of a followed file is asked again at once behind the begin of the stream', () => {
  const watch = new FillWatch();
  watch.restart();
  assert.deepEqual([1000, 2000, 3000].map((ts) => watch.feed({ ts, file: 'a.ndjson' })), [false, true, false]);
});

test('rates are over the last seconds, and begin anew with a run', () => {
  const meter = new RateMeter();
  assert.equal(meter.feed({ ts: 0, lines: 100, run_id: 'a' }).lines, undefined);
  assert.equal(meter.feed({ ts: 1000, lines: 300, run_id: 'a' }).lines, 200);
  for (let s = 2; s <= 9; ++s) meter.feed({ ts: s * 1000, lines: 300, run_id: 'a' });
  assert.equal(meter.feed({ ts: 10_000, lines: 350, run_id: 'a' }).lines, 10);
  assert.equal(meter.feed({ ts: 11_000, lines: 3, run_id: 'b' }).lines, undefined);
});

test('numbers as texts', () => {
  assert.equal(percent(changeRatio(109.99, 100)), '+9.99%');
  assert.equal(percent(changeRatio(110, 100)), '+10.0%');
  assert.equal(percent(changeRatio(300, 100)), '+200%');
  assert.equal(percent(changeRatio(99.999, 100)), '0.00%');
  assert.equal(percent(changeRatio(99, null)), '–');
  assert.equal(signed(-0.05, 3), '−0.050');
  assert.deepEqual([count(undefined), count(12_345), count(1_234_567)], ['–', '12,345', '1.23M']);
  assert.deepEqual([bytes(512), bytes(48e6), age(3.14), age(400)], ['512 B', '45.8 MiB', '3.1 s', '7 min']);
});

test('a result as CSV', () => {
  const columns = [{ name: 'a', type: 'VARCHAR' }, { name: 'b,c', type: 'DOUBLE' }];
  assert.equal(asCsv({ columns, rows: [['x"y', 1.5], [null, [1]]], truncated: false }), 'a,"b,c"\n"x""y",1.5\n,[1]\n');
});
