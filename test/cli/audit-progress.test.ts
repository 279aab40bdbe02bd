/** What is told of work that goes on. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Progress } from '../../src/cli/audit-progress.ts';

class Terminal {
  readonly columns = 20;
  readonly isTTY: boolean;
  text = '';

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('progress', () => {
  it('is silent about what is soon over', async () => {
    const terminal = new Terminal(true);
    await Progress.during((progress) => progress.say('reading'), terminal);
    await sleep(1100);
    expect(terminal.text).toBe('');
  });

  it('says after a second what goes on, on one line that is gone at the end', async () => {
    const terminal = new Terminal(true);
    await Progress.during(async (progress) => {
      progress.say('reading a great many files');
      await sleep(1100);
      expect(terminal.text).toBe('\r\u001b[2Kreading a great ma…');
    }, terminal);
    expect(terminal.text.endsWith('\r\u001b[2K')).toBe(true);
  });

  it('speaks at the next word where the work leaves timers no time', async () => {
    const terminal = new Terminal(true);
    await Progress.during((progress) => {
      progress.say('reading');
      busy(1050);
      progress.say('checking');
      expect(terminal.text).toContain('checking…');
    }, terminal);
  });

  it('says nothing where nobody sits at a terminal', async () => {
    const terminal = new Terminal(false);
    await Progress.during((progress) => {
      busy(1050);
      progress.say('checking');
    }, terminal);
    expect(terminal.text).toBe('');
  });
});
