// Numbers and times as texts. Times are UTC. What is not known is a dash.

export const dash = '–';
const minus = '−';

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

const withMinus = (text: string): string => text.replace('-', minus);

export function price(value: number | null | undefined, decimals: number): string {
  return value === null || value === undefined || !Number.isFinite(value) ? dash : withMinus(value.toFixed(decimals));
}

export function signed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return dash;
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return (value > 0 ? '+' : minus) + text;
}

export function changeRatio(last: number, base: number | null): number | null {
  return base === null || base === 0 || !Number.isFinite(last) ? null : last / base - 1;
}

export function percent(ratio: number | null): string {
  if (ratio === null) return dash;
  const value = ratio * 100;
  const size = Math.abs(value);
  if (size >= 1000) return `${value > 0 ? '+' : minus}${compact.format(size)}%`;
  return `${signed(value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0)}%`; // three digits
}

export function count(value: number | undefined): string {
  if (value === undefined) return dash;
  return Math.abs(value) < 100_000 ? whole.format(value) : compact.format(value);
}

export function rate(value: number | undefined): string {
  if (value === undefined) return dash;
  return value > 0 && value < 10 ? value.toFixed(1) : count(Math.round(value));
}

export function amount(value: number | undefined): string {
  if (value === undefined) return dash;
  return Math.abs(value) >= 100_000 ? compact.format(value) : String(Number(value.toPrecision(6)));
}

export function bytes(value: number | undefined): string {
  if (value === undefined) return dash;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 1024 && unit + 1 < units.length) {
    value /= 1024;
    ++unit;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

export function age(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return dash;
  if (seconds < 0) seconds = 0;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(0)} h` : `${(seconds / 86_400).toFixed(0)} d`;
}

export const timeOfDay = (second: number): string => new Date(second * 1000).toISOString().slice(11, 19);

export const dateAndTime = (second: number): string =>
  new Date(second * 1000).toISOString().slice(0, 19).replace('T', ' ');
