import { describe, expect, it } from 'vitest';
import { fakeTerminal } from './fake-terminal.ts';
import { openScreen } from './screen.ts';

describe('openScreen', () => {
  it('redraws in place and lets what is printed scroll away above', () => {
    const terminal = fakeTerminal(20);
    const screen = openScreen(terminal);

    screen.draw(['one', 'two']);
    screen.draw(['three'], ['kept']);
    screen.draw(['four', 'five', 'six']);

    expect(terminal.lines()).toEqual(['kept', 'four', 'five', 'six']);
  });

  it('writes nothing when nothing changed', () => {
    const terminal = fakeTerminal(20);
    const screen = openScreen(terminal);
    screen.draw(['one']);
    const before = terminal.written();

    screen.draw(['one']);

    expect(terminal.written()).toBe(before);
  });

  it('leaves no remains after the terminal was made narrower', () => {
    const terminal = fakeTerminal(20);
    const screen = openScreen(terminal);
    screen.draw(['a line of 17 cells', 'short']);

    terminal.resize(10);
    screen.draw(['x', 'y']);

    expect(terminal.lines()).toEqual(['x', 'y']);
  });

  it('takes its lines away at the end and gives the cursor back, once', () => {
    const terminal = fakeTerminal(20);
    const screen = openScreen(terminal);
    screen.draw(['one'], ['kept']);

    screen.close();
    screen.close();
    screen.draw(['late']);

    expect(terminal.lines()).toEqual(['kept']);
    expect(terminal.written().endsWith('\u001B[?25h')).toBe(true);
  });
});
