/** Walks a JSON text for what JSON.parse does not tell: keys that stand twice, and where the items of a List stand. */

export interface JsonScan {
  /** Offset of the first key that its object already has. */
  readonly duplicate?: number;
  /** Start and end of each element of the top object's `items` that is an object; holes elsewhere. */
  readonly items: readonly (readonly [start: number, end: number] | undefined)[];
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** The depth at which the elements of the top object's `items` begin. */
const ITEM_DEPTH = 2;

/** `text` is valid JSON; of other text this ends too, and throws or says anything. */
export function scanJson(text: string): JsonScan {
  /** The keys of each open object; null for an open list. */
  const open: (Set<string> | null)[] = [];
  const items: ([number, number] | undefined)[] = [];
  let topKey = '';
  let keyIsNext = false;
  let item = 0;
  let itemStart = 0;
  const inItems = (): boolean => open.length === ITEM_DEPTH && open[1] === null && topKey === 'items';

  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfText(text, index);
        const keys = open.at(-1);
        if (keyIsNext && keys) {
          const key = JSON.parse(text.slice(index, end + 1)) as string;
          if (keys.has(key)) return { duplicate: index, items };
          keys.add(key);
          if (open.length === 1) topKey = key;
          keyIsNext = false;
        }
        index = end;
        break;
      }
      case OPEN_OBJECT:
        if (inItems()) itemStart = index;
        open.push(new Set());
        keyIsNext = true;
        break;
      case OPEN_LIST:
        open.push(null);
        if (inItems()) item = 0;
        break;
      case CLOSE_OBJECT:
      case CLOSE_LIST: {
        const wasObject = open.pop() !== null;
        if (wasObject && inItems()) items[item] = [itemStart, index + 1];
        keyIsNext = false;
        break;
      }
      case COMMA:
        keyIsNext = open.at(-1) !== null;
        if (inItems()) item += 1;
        break;
    }
  }
  return { items };
}

/** The offset of the closing quote of the text that opens at `start`. */
function endOfText(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(index - 1 - slashes) === BACKSLASH) slashes += 1;
  return slashes % 2 === 1;
}
