// Answers of /history and /query from the random market.
import { onlyClose } from './mock_file.mjs';

export function overviewOf(market, { decisions, file }) {
  const symbols = market.map((symbol) => {
    const bar = symbol.bars.at(-1);
    const decision = decisions ? symbol.decisions.at(-1) : undefined;
    const dayAgo = Date.now() - 86_400_000;
    return {
      symbol: symbol.name,
      ts_ms: bar.ts_ms,
      close: bar.close,
      open_close: symbol.bars.find((old) => old.ts_ms >= dayAgo)?.close ?? null,
      state: decision?.state ?? null,
      direction: decision?.direction ?? null,
      target_exposure: decision?.target_exposure ?? null,
      hold: decision?.hold ?? null,
      posture: decision?.posture ?? null,
      gate_open: decision?.gate_open ?? null,
    };
  });
  const costs = { fee_rate: 0.0005, slippage: 0.0003 };
  const ofFile = file === '' ? {} : { file, costs: { ...costs, min_trade: 0 } };
  return { now_ms: Date.now(), symbols, costs, decisions, ...ofFile };
}

const barFields = ['ts_ms', 'open', 'high', 'low', 'close', 'volume', 'trades'];
const decisionFields = [
  'ts_ms', 'close', 'state', 'direction', 'target_exposure', 'urgency', 'hold', 'actionability', 'reason', 'gate_open',
  'posture',
];

const columns = (rows, fields) => Object.fromEntries(fields.map((field) => [field, rows.map((row) => row[field])]));

export function historyOf(symbol, name, parameters, { decisions, file }) {
  const from = Number(parameters.get('from') ?? -Infinity);
  const to = Number(parameters.get('to') ?? Infinity);
  const limit = Number(parameters.get('limit') ?? 5000);
  const newest = (rows) => rows.filter((row) => row.ts_ms >= from && row.ts_ms < to).slice(-limit);
  const bars = newest(symbol?.bars ?? []);
  const decided = decisions ? newest(symbol?.decisions ?? []) : [];
  const before = symbol?.decisions.findLast((old) => old.ts_ms < decided[0]?.ts_ms && !old.hold);
  return {
    symbol: name,
    held: before ? before.direction * before.target_exposure : null,
    bars: columns(file === '' ? bars : bars.map(onlyClose), barFields),
    decisions: columns(decided, decisionFields),
  };
}

export function queryOf(market, sql) {
  const [verb] = sql.trim().split(/\s/);
  if (!/^select$/i.test(verb)) throw new Error(`Parser Error: syntax error at or near "${verb}"`);
  const name = /symbol\s*=\s*'([^']*)'/i.exec(sql)?.[1];
  const limit = Number(/limit\s+(\d+)/i.exec(sql)?.[1] ?? 2000);
  const rows = market
    .filter((symbol) => name === undefined || symbol.name === name)
    .flatMap((symbol) =>
      symbol.bars
        .slice(-Math.min(limit, 2000))
        .reverse()
        .map((bar) => [
          symbol.name, new Date(bar.ts_ms).toISOString().slice(0, 19).replace('T', ' '),
          bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades, null,
        ]),
    )
    .slice(0, limit);
  const types = ['VARCHAR', 'TIMESTAMP', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'BIGINT', 'VARCHAR'];
  const names = ['symbol', 'timestamp', 'open', 'high', 'low', 'close', 'volume', 'trades', 'source_file'];
  const columns = names.map((column, i) => ({ name: column, type: types[i] }));
  return { columns, rows, truncated: rows.length === 2000 };
}
