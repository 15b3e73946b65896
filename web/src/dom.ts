// Small helps for making elements and for changing only what has changed.

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found as T;
}

type Attributes = Record<string, string>;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A place for a text, and for a class that tells its mood, that touches the page only when they change.
export class Cell {
  private readonly text = document.createTextNode('');
  private mood = '';

  constructor(
    readonly element: HTMLElement,
    private readonly baseClass = element.className,
  ) {
    element.prepend(this.text);
  }

  set(text: string, mood = ''): void {
    if (this.text.data !== text) this.text.data = text;
    if (this.mood !== mood) {
      this.mood = mood;
      this.element.className = mood === '' ? this.baseClass : `${this.baseClass} ${mood}`;
    }
  }
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export function setHidden(element: HTMLElement, hidden: boolean): void {
  if (element.hidden !== hidden) element.hidden = hidden;
}

export const isPhone = (): boolean => matchMedia('(max-width: 759px)').matches;

export const wantsCalm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
