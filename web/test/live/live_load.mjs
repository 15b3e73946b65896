// A named producer that sends a random market's trades to a daemon, evenly, and knows the bars that they make. What was
// not acknowledged is sent again after the daemon has been away, as docs/contract.md has it for producers.
import { connect } from 'node:net';
import { randomOf } from '../mock_market.mjs';

export class LiveLoad {
  constructor(port, { symbols = 50, tradesPerSecond = 5000, seed = 1 } = {}) {
    Object.assign(this, { port, tradesPerSecond, random: randomOf(seed) });
    this.symbols = Array.from({ length: symbols }, (_, i) => ({
      name: i === 0 ? 'BTCUSDT' : i === 1 ? 'ETHUSDT' : `SYM${String(i).padStart(3, '0')}USDT`,
      walk: i === 0 ? 95_473.29 : i === 1 ? 3412.77 : 5 + this.random() ** 3 * 900,
      decimals: i < 2 ? 2 : 3,
      trend: 0,
      bars: new Map(), // second → {open, high, low, close, volume, trades}
    }));
    this.unacknowledged = []; // {seq, text}
    this.sent = 0; // trades that were made
    this.resent = 0;
    this.next = 0;
  }

  // One trade of the next symbol in turn at `tsMs`, as a line. `perSecond`: trades of a symbol in a second; its price
  // and volume move as much in a second whatever that is.
  makeTrade(tsMs, perSecond) {
    const symbol = this.symbols[this.next++ % this.symbols.length];
    if (this.random() < 0.02 / perSecond) symbol.trend = (this.random() - 0.5) * 0.0004;
    const noise = (this.random() + this.random() - 1) * 0.0004;
    symbol.walk *= 1 + noise / Math.sqrt(perSecond) + symbol.trend / perSecond;
    const price = Number(symbol.walk.toFixed(symbol.decimals));
    const qty = Number((0.0001 + (this.random() ** 4 * 100) / perSecond).toFixed(4));
    const second = Math.floor(tsMs / 1000);
    const bar = symbol.bars.get(second);
    if (bar === undefined) {
      symbol.bars.set(second, { open: price, high: price, low: price, close: price, volume: qty, trades: 1 });
    } else {
      bar.high = Math.max(bar.high, price);
      bar.low = Math.min(bar.low, price);
      bar.close = price;
      bar.volume += qty;
      ++bar.trades;
    }
    const seq = ++this.sent;
    this.unacknowledged.push({
      seq,
      text: `{"type":"trade","symbol":"${symbol.name}","ts_ms":${tsMs},"price":${price},"qty":${qty},"seq":${seq}}\n`,
    });
  }

  // Trades of the last `seconds`, a few a symbol and second, all at once.
  makeHistory(seconds, perSymbol = 4) {
    const nowS = Math.floor(Date.now() / 1000);
    for (let second = nowS - seconds; second < nowS; ++second) {
      const trades = this.symbols.length * perSymbol;
      for (let i = 0; i < trades; ++i) this.makeTrade(second * 1000 + Math.floor((i * 1000) / trades), perSymbol);
    }
  }

  // Connects, and again whenever it is cut off, until stop(); sends what waits, then more at the rate.
  start() {
    this.stopped = false;
    this.link();
    this.resume();
  }

  resume() {
    const perSecond = this.tradesPerSecond / this.symbols.length;
    let before = Date.now();
    let owed = 0;
    this.timer = setInterval(() => {
      const now = Date.now();
      owed += ((now - before) * this.tradesPerSecond) / 1000;
      for (const whole = Math.floor(owed), from = before; owed >= 1; --owed) {
        this.makeTrade(Math.floor(now - ((now - from) * (owed - 1)) / whole), perSecond);
      }
      before = now;
      this.flush();
    }, 20);
  }

  link() {
    if (this.stopped) return;
    this.written = 0; // of unacknowledged, on this connection
    this.welcome = false;
    let text = '';
    const socket = connect(this.port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.write('{"type":"hello","producer":"load","ack":true}\n');
    socket.on('data', (data) => {
      text += data;
      const lines = text.split('\n');
      text = lines.pop();
      lines.forEach((line) => this.take(JSON.parse(line)));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.socket === socket) setTimeout(() => this.link(), 200);
    });
    this.socket = socket;
  }

  take({ type, seq, last_seq: last, reason }) {
    if (type === 'reject') this.refused = reason;
    if (type !== 'welcome' && type !== 'ack') return;
    const upTo = type === 'ack' ? seq : last;
    let done = 0;
    while (done < this.unacknowledged.length && this.unacknowledged[done].seq <= upTo) ++done;
    this.unacknowledged.splice(0, done);
    this.written = Math.max(0, this.written - done);
    if (type === 'welcome') {
      this.welcome = true;
      this.resent += this.unacknowledged.filter((line) => line.seq <= (this.highestWritten ?? 0)).length;
      this.flush();
    }
  }

  flush() {
    if (!this.welcome || this.socket.writableLength > 1 << 20) return;
    const lines = this.unacknowledged.slice(this.written);
    if (lines.length === 0) return;
    this.socket.write(lines.map((line) => line.text).join(''));
    this.written = this.unacknowledged.length;
    this.highestWritten = lines.at(-1).seq;
  }

  async drained() {
    for (let i = 0; i < 300 && this.unacknowledged.length > 0; ++i) await new Promise((done) => setTimeout(done, 100));
    if (this.unacknowledged.length > 0) throw new Error(`${this.unacknowledged.length} trades were not acknowledged`);
  }

  // Makes no more trades; what was made still goes out.
  pause() {
    clearInterval(this.timer);
  }

  stop() {
    this.pause();
    this.stopped = true;
    this.socket?.destroy();
  }
}
