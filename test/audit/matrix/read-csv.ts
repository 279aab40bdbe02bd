/** Reads CSV as RFC 4180's grammar has it; what the grammar does not have is an error. */

export function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const quoted = /"((?:[^"]|"")*)"(?=,|\r\n)/y;
      const plain = /([^",\r\n]*)(?=,|\r\n)/y;
      quoted.lastIndex = at;
      plain.lastIndex = at;
      const found = quoted.exec(text) ?? plain.exec(text);
      if (found === null) throw new Error(`no CSV at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
      row.push(text[at] === '"' ? (found[1] ?? '').replaceAll('""', '"') : (found[1] ?? ''));
      at += found[0].length;
      if (text[at] !== ',') break;
      at += 1;
    }
    rows.push(row);
    at += 2;
  }
  return rows;
}
