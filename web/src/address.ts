// The symbol that the page's address names behind its #.

export function symbolOfHash(hash: string): string {
  const text = hash.slice(1);
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // "100%": as somebody typed it
  }
}

export const hashOfSymbol = (symbol: string): string => `#${encodeURIComponent(symbol)}`;
