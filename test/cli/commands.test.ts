/** The subcommands, by their names. */

import { describe, expect, it } from 'vitest';
import { makeProgram } from '../../src/cli/commands.ts';

describe('the subcommands', () => {
  it('have a description each, loaded or not', async () => {
    const names = (await makeProgram([])).commands.map((command) => command.name());
    expect(names).toEqual(expect.arrayContaining(['agent', 'audit', 'lab']));
    for (const name of names) {
      const program = await makeProgram([name]);
      const stub = (await makeProgram([])).commands.find((command) => command.name() === name);
      const loaded = program.commands.find((command) => command.name() === name);
      expect(loaded?.description()).toBe(stub?.description());
      expect(loaded?.description()).not.toBe('');
      // A subcommand does something, or has some of its own.
      expect((loaded?.options.length ?? 0) + (loaded?.commands.length ?? 0) + (loaded?.registeredArguments.length ?? 0)).toBeGreaterThan(0);
    }
  });

  it('are loaded for help about them, too', async () => {
    const program = await makeProgram(['help', 'audit']);
    expect(program.commands.find((command) => command.name() === 'audit')?.commands.length).toBeGreaterThan(0);
    expect(program.commands.find((command) => command.name() === 'agent')?.options).toEqual([]);
  });

  it.each(['agent', 'status', 'monitor', 'lab'])('say where they work: %s on no other system than Linux', async (name) => {
    const words = name === 'lab' ? [name, 'status'] : [name];
    const program = await makeProgram(words, 'darwin');
    await expect(program.parseAsync(words, { from: 'user' })).rejects.toMatchObject({ code: 'E_PLATFORM' });
  });

  it('work everywhere where nothing of Linux is needed', async () => {
    const program = await makeProgram(['completion', 'bash'], 'win32');
    await expect(program.parseAsync(['completion', 'words', 'bash', '--', 'aud'], { from: 'user' })).resolves.toBe(program);
  });
});
