// What the health strip tells of a daemon, and when it is alarmed.
import { age, bytes, count, dash, rate } from './format';
import { rejects, rejectsOf, since, type HealthCell, type HealthSection, type HealthView } from './health_view';
import type { Gate, Health, Sink } from './types';

// The gate's reason is whatever JSON its file has.
export const reasonOf = ({ reason }: Gate): string =>
  reason === null || reason === undefined ? '' : typeof reason === 'string' ? reason : JSON.stringify(reason);

const waitsFor = ({ bytes_waiting: waiting }: Sink): string => (waiting > 0 ? `, ${bytes(waiting)} wait` : '');

const sinksOf = ({ sinks = [] }: Health): string[] =>
  sinks.map((sink) =>
    sink.connected ? `● ${sink.sink}: connected${waitsFor(sink)}` : `○ ${sink.sink}: not connected${waitsFor(sink)}`,
  );

const cells: HealthCell[] = [
  {
    key: 'lines',
    name: 'Lines/s',
    title: 'Lines taken a second, over 5 s',
    read: (_, rates) => ({ text: rate(rates.lines) }),
  },
  {
    key: 'trades',
    name: 'Trades/s',
    title: 'Trades a second, over 5 s',
    read: (_, rates) => ({ text: rate(rates.trades) }),
  },
  {
    key: 'ohlc',
    name: 'Bar lines/s',
    title: 'Bar lines of producers a second',
    read: (_, rates) => ({ text: rate(rates.ohlc) }),
  },
  {
    key: 'decisions',
    name: 'Decisions/s',
    title: 'Decisions a second',
    read: (_, rates) => ({ text: rate(rates.decisions) }),
  },
  {
    key: 'queue',
    name: 'Queue',
    title: 'Batches that wait between stages',
    read: ({ queue_depth: depth }) => ({ text: count(depth), alarm: (depth ?? 0) > 50 ? 'warn' : '' }),
  },
  {
    key: 'pending',
    name: 'Pending rows',
    title: 'Rows that wait for the next commit',
    read: ({ pending_rows: rows }) => ({ text: count(rows), alarm: (rows ?? 0) > 500_000 ? 'warn' : '' }),
  },
  {
    key: 'journal',
    name: 'Journal',
    title: 'Bytes of the journal on the disk',
    read: ({ journal_bytes: size }) => ({ text: bytes(size) }),
  },
  {
    key: 'write',
    name: 'Last write',
    title: 'Time since the last commit to the database',
    read: (health, _, nowMs) => {
      const seconds = since(health.last_write_ts_ms, nowMs);
      const waits = (health.pending_rows ?? 0) > 0 && (seconds ?? 0) > 10;
      return { text: seconds === undefined ? 'none yet' : age(seconds), alarm: waits ? 'bad' : '' };
    },
  },
  {
    key: 'bar',
    name: 'Newest bar',
    title: 'Age of the newest bar, by event time',
    read: (health, _, nowMs) => ({ text: age(since(health.last_bar_ts_ms, nowMs)) }),
  },
  {
    key: 'rejects',
    name: 'Rejects',
    title: 'Lines refused since the start',
    read: rejects,
  },
  {
    key: 'late',
    name: 'Late',
    title: 'Trades that came after their second had closed',
    read: ({ late_trades: late }) => ({ text: count(late) }),
  },
  {
    key: 'blocked',
    name: 'Held by cost',
    title: 'Decisions that the cost gate held',
    read: ({ decisions_blocked: blocked }) => ({ text: count(blocked) }),
  },
  {
    key: 'sinks',
    name: 'Sinks',
    title: 'Sinks that are connected, of all',
    read: (health) => {
      const { sinks } = health;
      if (!sinks || sinks.length === 0) return { text: sinks ? 'none' : dash };
      const up = sinks.filter((sink) => sink.connected).length;
      const waiting = sinks.reduce((sum, sink) => sum + sink.bytes_waiting, 0);
      const text = `${up}/${sinks.length}${waiting > 0 ? ` · ${bytes(waiting)} wait` : ''}`;
      const alarm = up < sinks.length ? 'bad' : waiting > 10_000_000 ? 'warn' : '';
      return { text, alarm, more: sinksOf(health) };
    },
  },
];

function details(health: Health): HealthSection[] {
  const { gate } = health;
  const state = gate && `${gate.open ? '● open' : '○ closed'}: ${reasonOf(gate) || (gate.file ?? 'no file')}`;
  return [
    { title: 'Gate', lines: state ? [state] : [] },
    { title: 'Rejects', lines: rejectsOf(health) },
    { title: 'Sinks', lines: sinksOf(health) },
    { title: '', lines: [`Run ${health.run_id ?? ''}, version ${health.version ?? ''}`] },
  ];
}

export const daemonHealth: HealthView = { cells, details };
