// A random market for development and tests: the same from the same seed. Prices walk, states follow a smoothed return,
// exposure grows with a state's age, and the gate closes now and then, much as the daemon decides.

export function randomOf(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const known = [
  ['BTCUSDT', 95473.29, 2], ['ETHUSDT', 3412.77, 2], ['BNBUSDT', 652.1, 2], ['SOLUSDT', 188.42, 2],
  ['XRPUSDT', 2.1743, 4], ['DOGEUSDT', 0.31822, 5], ['ADAUSDT', 0.9021, 4], ['SHIBUSDT', 0.00002241, 8],
  ['ES', 5000.25, 2], ['NQ', 17000.25, 2],
];

export class MockSymbol {
  constructor(name, price, decimals, everyS, seed) {
    Object.assign(this, { name, price, decimals, everyS, first: price });
    this.random = randomOf(seed);
    this.z = 0;
    this.trend = 0;
    this.state = 0;
    this.age = 0;
    this.thesis = 0;
    this.bars = [];
    this.decisions = [];
  }

  // The bar of a second and the decision on it.
  step(second, gateOpen) {
    const unit = 10 ** -this.decimals;
    const scale = Math.max(this.price * 0.0004, unit);
    const round = (value) => Number(Math.max(unit, value).toFixed(this.decimals));
    const noise = () => (this.random() + this.random() + this.random() - 1.5) * 1.4;
    if (this.random() < 0.01) this.trend = (this.random() - 0.5) * 0.6;
    const open = round(this.price + noise() * scale * 0.2);
    const close = round(open + (noise() + this.trend + (this.first - open) / this.first) * scale);
    const high = round(Math.max(open, close) + this.random() * scale * 0.5);
    const low = round(Math.min(open, close) - this.random() * scale * 0.5);
    const trades = 1 + Math.floor(this.random() ** 3 * 60);
    const volume = Number((trades * (0.2 + this.random()) * (1000 / this.price)).toPrecision(6));
    const r = (close / this.price - 1) / 0.0004;
    this.price = close;
    this.z = 0.97 * this.z + 0.03 * Math.max(-5, Math.min(5, r));
    const bar = { ts_ms: second * 1000, open, high, low, close, volume, trades };
    const decision = this.decide(second, close, gateOpen);
    this.bars.push(bar);
    this.decisions.push(decision);
    if (this.bars.length > 40000) {
      this.bars.splice(0, 10000);
      this.decisions.splice(0, 10000);
    }
    return { bar, decision };
  }

  decide(second, close, gateOpen) {
    const state = this.bars.length < 3 ? -2 : Math.abs(this.z) < 0.12 ? 0 : Math.sign(this.z);
    this.age = state === this.state ? this.age + 1 : 0;
    this.state = state;
    const nothing = { direction: 0, target_exposure: 0, urgency: 0, hold: false, actionability: 0 };
    const wish = { ...nothing, reason: 'intentional_flat' };
    if (!gateOpen) {
      Object.assign(wish, { direction: this.thesis, hold: true, reason: 'posture_observe (M4/M6)' });
    } else if (state === -2) {
      Object.assign(wish, { direction: this.thesis, hold: true, actionability: 1, reason: 'epistemic_unknown (⊥)' });
    } else if (state !== 0) {
      Object.assign(wish, {
        direction: state,
        target_exposure: 0.05 * (1 - Math.exp(-this.age / 20)),
        urgency: Math.min(1, 0.3 + 0.1 * this.age),
        actionability: 1,
        reason: 'active_triadic',
      });
    }
    this.thesis = wish.hold || wish.target_exposure > 0 ? wish.direction : 0;
    const posture = gateOpen ? 'TRADE_NORMAL' : 'OBSERVE';
    return { ts_ms: second * 1000, close, state, ...wish, gate_open: gateOpen, posture };
  }
}

// 200 seconds of every 900 are without a gate.
export const gateAt = (second) => second % 900 >= 200;

// The first few symbols have a bar each second, the others share what is left of `barsPerSecond`.
export function makeMarket({ symbols, barsPerSecond, seed, nowS, historyBars }) {
  const random = randomOf(seed);
  const busy = Math.min(symbols, 20, Math.max(1, Math.floor(barsPerSecond / 5)));
  const everyS = Math.max(1, Math.round((symbols - busy) / Math.max(1, barsPerSecond - busy)));
  const market = [];
  for (let i = 0; i < symbols; ++i) {
    const letter = () => String.fromCharCode(65 + Math.floor(random() * 26));
    const letters = Array.from({ length: 3 + (i % 2) }, letter).join('');
    const price = 10 ** (random() * 5 - 2);
    const [name, start, decimals] = known[i] ?? [`${letters}${i}USDT`, price, price > 100 ? 2 : price > 1 ? 3 : 5];
    const symbol = new MockSymbol(name, Number(start.toFixed(decimals)), decimals, i < busy ? 1 : everyS, seed + i);
    const bars = typeof historyBars === 'function' ? historyBars(i) : historyBars;
    for (let k = bars; k > 0; --k) {
      const second = nowS - k * symbol.everyS - (i % symbol.everyS);
      symbol.step(second, gateAt(second));
    }
    market.push(symbol);
  }
  return market;
}
