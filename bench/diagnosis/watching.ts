import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { shortestPauseMs } from '../../source/health/diagnosis/diagnostician.ts';
import { openPty, type Pty } from '../../test/support/pty.ts';

const program = fileURLToPath(new URL('../../dist/tidemark.js', import.meta.url));
/** A program that has not started by then does not. */
const startMs = 60_000;
/** What passes is waited out; what stands on the screen for longer is wrong. */
const quietMs = 120_000;
/** Two refreshes and what a busy machine takes to draw them: what samplers see is there by then. */
const seenMs = 6000;

/** What was seen of a fault, in seconds. */
export type Seen = {
	/** Until the line of the verdicts no longer said that all is clear; undefined: it goes on saying so. */
	readonly lineSeconds: number | undefined;
	/** Until the sentence was there; undefined: it never was. */
	readonly sentenceSeconds: number | undefined;
	/** Nothing came by itself: the sentence came, and its seconds count, from pressing `R` on. */
	readonly wasAsked: boolean;
};

/** The built program on a terminal that shows all of a diagnosis, with the diagnosis open. */
export async function watch(url: string): Promise<Pty> {
	const pty = openPty(process.execPath, [program, url], {
		columns: 160,
		rows: 120,
		env: { PATH: process.env.PATH, HOME: tmpdir(), LANG: 'C.UTF-8', TZ: 'UTC' },
	});
	await shows(pty, (text) => text.includes('samplers'), startMs);
	pty.press('d');
	await shows(pty, (text) => text.includes('how things stand'), startMs);
	return pty;
}

/**
 * Waits for a screen without a verdict, a finding or a note, on which nobody has asked for a while: then the
 * program will ask by itself when something turns.
 * @throws Error with the screen when it does not come to that
 */
export async function untilQuiet(pty: Pty): Promise<void> {
	const isQuiet = (text: string) =>
		text.includes('● all clear') && text.includes('● nothing is wrong') && !/│ [✖▲i] /.test(text);
	for (const started = performance.now(); performance.now() - started < quietMs; ) {
		pty.press('R');
		if (!(await shows(pty, isQuiet, seenMs))) continue;
		await pause(shortestPauseMs);
		if (isQuiet(plain(pty))) return;
	}
	throw new Error(`It was not clear before anything had been done:\n${pty.screen().text}`);
}

/**
 * Waits for `sentence`, and presses `R` where it does not come by itself.
 * @param since when the fault was there, by the clock of performance.now()
 */
export async function lookFor(
	pty: Pty,
	sentence: RegExp,
	{ since, limitMs }: { readonly since: number; readonly limitMs: number },
): Promise<Seen> {
	let line: number | undefined;
	let found: number | undefined;
	let asked: number | undefined;
	for (let now = performance.now(); now - since < limitMs; now = performance.now()) {
		const text = plain(pty);
		if (!text.includes('● all clear')) line ??= now;
		if (sentence.test(text)) found ??= now;
		if (found !== undefined && (line !== undefined || now - since > seenMs)) break;
		if (found === undefined && now - (asked ?? since) > seenMs) {
			pty.press('R');
			asked = now;
		}
		await pause(10);
	}
	const from = (start: number, end: number | undefined) => end && Math.max(0, end - start) / 1000;
	return {
		lineSeconds: from(since, line),
		sentenceSeconds: from(asked ?? since, found),
		wasAsked: asked !== undefined,
	};
}

/** The screen once the evidence was asked for again, with all that has come with the samples since. */
export async function askAgain(pty: Pty): Promise<string> {
	const askedAt = (text: string) => text.match(/asked at \S+ \S+/)?.[0];
	const before = askedAt(plain(pty));
	// It is dated by the second.
	await pause(1000);
	pty.press('R');
	if (!(await shows(pty, (text) => askedAt(text) !== before, startMs))) {
		throw new Error(`It did not ask again:\n${pty.screen().text}`);
	}
	return plain(pty);
}

/** Whether the screen comes to this within `limitMs`. */
async function shows(
	pty: Pty,
	holds: (text: string) => boolean,
	limitMs: number,
): Promise<boolean> {
	for (const started = performance.now(); performance.now() - started < limitMs; ) {
		if (holds(plain(pty))) return true;
		await pause(10);
	}
	return false;
}

/** The screen as one line, so that a sentence may be broken anywhere. */
function plain(pty: Pty): string {
	const { text } = pty.screen();
	return text.replace(/ *│\n│ {3}(?! )/g, ' ').replace(/ +/g, ' ');
}
