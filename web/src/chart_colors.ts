// The colours of the charts: those of the style sheet, in its light or its dark.

export interface ChartColors {
  background: string;
  text: string;
  muted: string;
  line: string;
  up: string;
  down: string;
  flat: string;
  odd: string;
  urgency: string;
  observe: string;
  net: string;
  gross: string;
}

export function chartColors(): ChartColors {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    background: get('panel'),
    text: get('text'),
    muted: get('muted'),
    line: get('grid'),
    up: get('up'),
    down: get('down'),
    flat: get('flat'),
    odd: get('odd'),
    urgency: get('urgency'),
    observe: get('observe'),
    net: get('net'),
    gross: get('gross'),
  };
}

// A #rrggbb colour, see-through.
export function faded(color: string, share: number): string {
  const byte = Math.round(Math.max(0, Math.min(1, share)) * 255);
  return color + byte.toString(16).padStart(2, '0');
}
