// A stream_daemon of its own in a folder of its own, which can be killed and started again on the same ports.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

// Free a moment ago.
const freePort = () =>
  new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

export class LiveDaemon {
  // `more`: further flags.
  constructor(program, folder, more = []) {
    Object.assign(this, { program, folder, more, log: `${folder}/daemon.log` });
    mkdirSync(`${folder}/phase6`, { recursive: true });
  }

  // A newer verdict of the exposure gate.
  writeGate(isOpen) {
    this.verdicts = (this.verdicts ?? 0) + 1;
    const verdict = { allowed: isOpen, slip_bps: 0.5, reason: isOpen ? 'capital is free' : 'drawdown' };
    writeFileSync(`${this.folder}/phase6/capital_controls_${this.verdicts}.jsonl`, `${JSON.stringify(verdict)}\n`);
  }

  async start() {
    this.port ??= await freePort();
    this.httpPort ??= await freePort();
    const log = openSync(this.log, 'a');
    const flags = [
      '--host', '127.0.0.1', '--port', String(this.port), '--metrics-port', String(this.httpPort),
      '--db', `${this.folder}/market.duckdb`, '--flush-interval', '0.5',
      '--emit-decisions', '--no-decision-stdout', '--phase6-log-dir', `${this.folder}/phase6`, '--state-window', '60',
      '--decision-sink', `file:${this.folder}/decisions.ndjson`, ...this.more,
    ];
    this.process = spawn(this.program, flags, { stdio: ['ignore', 'ignore', log] });
    this.exited = new Promise((done) => this.process.once('exit', (code, signal) => done(code ?? signal)));
    for (let i = 0; i < 300; ++i) {
      if (this.process.exitCode !== null) break;
      const ready = await fetch(`${this.url}readyz`).then((answer) => answer.ok, () => false);
      if (ready) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`the daemon did not start:\n${readFileSync(this.log, 'utf8')}`);
  }

  get url() {
    return `http://127.0.0.1:${this.httpPort}/`;
  }

  // As its log told it.
  printedUrl() {
    return /dashboard and metrics on (\S+)/.exec(readFileSync(this.log, 'utf8'))?.[1];
  }

  async stop(signal = 'SIGTERM') {
    this.process.kill(signal);
    return this.exited;
  }

  metrics = async () => (await fetch(`${this.url}metrics.json`)).json();

  async query(sql) {
    const answer = await fetch(`${this.url}query?format=json`, { method: 'POST', body: sql });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()).rows;
  }
}
