// The colours of the charts: those of the style sheet, in its light or its dark.
import { make } from './dom';

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
  const probe = document.body.appendChild(make('i', { hidden: '' })); // a canvas knows no light-dark()
  const get = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colors = {
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
  probe.remove();
  return colors;
}

// An rgb(r, g, b) colour, see-through.
export function faded(color: string, share: number): string {
  const alpha = Math.max(0, Math.min(1, share)).toFixed(3);
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
}
