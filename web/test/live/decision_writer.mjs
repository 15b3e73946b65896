// A file of decisions as the daemon's --decision-sink file: writes it, which can be appended to, truncated and rotated.
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export const firstSecond = 1_700_000_000;

export class DecisionWriter {
  second = firstSecond;

  constructor(path) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
  }

  // One second later, a line for each symbol. Their closes and targets are told by `closeOf` and `targetOf`.
  next(symbols) {
    ++this.second;
    return symbols.map((symbol) => this.line(symbol)).join('');
  }

  closeOf = (second = this.second) => 100 + ((second * 7919) % 1000) / 100;
  targetOf = (second = this.second) => [0.05, 0, -0.05, 0.02][second % 4];

  line(symbol) {
    const target = this.targetOf();
    const decision = {
      timestamp: this.second * 1000,
      symbol,
      close: this.closeOf(),
      state: Math.sign(target),
      direction: Math.sign(target),
      target_exposure: Math.abs(target),
      urgency: 0.5,
      hold: false,
      actionability: 1,
      reason: 'active_triadic',
      gate_open: true,
      posture: 'TRADE_NORMAL',
      cost: 0,
      run_id: '0123456789abcdef0123456789abcdef',
      source: 'stream_daemon',
    };
    return `${JSON.stringify(decision)}\n`;
  }

  append(symbols, seconds = 1) {
    let text = '';
    for (let i = 0; i < seconds; ++i) text += this.next(symbols);
    appendFileSync(this.path, text);
  }

  truncate(symbols) {
    writeFileSync(this.path, this.next(symbols));
  }

  // The last line of the old file comes after it has been moved away.
  rotate(symbols) {
    renameSync(this.path, `${this.path}.1`);
    appendFileSync(`${this.path}.1`, this.next(symbols));
    writeFileSync(this.path, this.next(symbols));
  }
}
