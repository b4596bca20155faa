import type { TerminalOutput } from './mode-stream.ts';

/** The part of Node's stream that is not public; without it the terminal stays as it was. */
type WithHandle = { readonly _handle?: { setBlocking?(isBlocking: boolean): number } };

/**
 * Lets a terminal that takes no more bytes (a stalled ssh, a stopped tmux) hold up the screen only.
 * Node sets terminals to blocking, and one such write stops the whole program: sampling, /metrics,
 * signals. At exit Node puts the terminal's flags back by itself.
 */
export function neverBlock(output: TerminalOutput): void {
	(output as WithHandle)._handle?.setBlocking?.(false);
}
