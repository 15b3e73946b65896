// What the server says, a daemon's or that of a followed file: the shapes of its answers and events. docs/contract.md
// tells what they mean.

export type State = 1 | 0 | -1 | -2 | -3;

export interface OverviewRow {
  symbol: string;
  ts_ms: number;
  close: number;
  open_close: number | null; // close of the first bar of the last 24 hours
  state: State | null;
  direction: number | null;
  target_exposure: number | null;
  hold?: boolean | null;
  posture: string | null;
  gate_open: boolean | null;
}

export interface Costs {
  fee_rate: number;
  slippage: number;
  min_trade?: number; // smaller changes of the target are not made
}

export interface Overview {
  file?: string; // of decisions, where one is followed
  now_ms: number;
  symbols: OverviewRow[];
  costs: Costs;
  decisions: boolean;
}

export interface HistoryAnswer {
  symbol: string;
  held?: number | null; // the signed target in force before the first of these decisions, where it is known
  bars: {
    ts_ms: number[];
    open: number[];
    high: number[];
    low: number[];
    close: number[];
    volume: number[];
    trades: number[];
  };
  decisions: {
    ts_ms: number[];
    close: number[];
    state: State[];
    direction: number[];
    target_exposure: number[];
    urgency: number[];
    hold: boolean[];
    actionability: number[];
    reason: string[];
    gate_open: boolean[];
    posture: string[];
  };
}

export interface BarLine extends Omit<Bar, 'time'> {
  symbol: string;
  ts_ms: number;
  revision: number;
  partial?: boolean;
}

export interface DecisionLine extends Omit<Decision, 'time'> {
  timestamp: number;
  symbol: string;
}

export interface Gate {
  open: boolean;
  file: string | null;
  reason: unknown;
  age_s: number | null;
}

export interface Sink {
  sink: string;
  connected: boolean;
  bytes_waiting: number;
}

export type FileState = 'reading' | 'waiting' | 'reached'; // waiting: there is no such file yet

// Any of them may be missing from an older or younger daemon; the page shows a dash then.
export interface Health {
  ts?: number;
  host?: string;
  port?: number;
  connections?: number;
  lines?: number;
  invalid_lines?: number;
  rejected_by_reason?: Record<string, number>;
  trades?: number;
  ohlc?: number;
  duplicates?: number;
  late_trades?: number;
  trades_superseded?: number;
  bars_amended?: number;
  decisions?: number;
  decisions_blocked?: number;
  file?: string; // this and the next two: of a followed file
  file_state?: FileState;
  bytes?: number;
  pending_rows?: number;
  queue_depth?: number;
  journal_bytes?: number;
  last_flush_age_s?: number;
  last_bar_ts_ms?: number;
  last_write_ts_ms?: number;
  gate?: Gate;
  sinks?: Sink[];
  version?: string;
  run_id?: string;
}

export interface QueryAnswer {
  columns: { name: string; type: string }[];
  rows: unknown[][];
  truncated: boolean;
}

// A bar and a decision as the page keeps them: by the second, as the charts want it.
export interface Bar {
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  trades: number;
}

export interface Decision {
  time: number;
  close: number;
  state: State;
  direction: number;
  target_exposure: number;
  urgency: number;
  hold: boolean;
  actionability: number;
  reason: string;
  gate_open: boolean;
  posture: string;
}
