import { type EngineName, engineNames } from '../actions/engine.ts';
import { dayMs } from '../actions/pipelines.ts';
import { type ReplayBy, replayBys } from '../actions/replay-plan.ts';
import type { SpanOf } from '../actions/specs/span.ts';
import { defaultTimeoutMs } from '../actions/specs/spec.ts';
import { parseMoment, parseSpan } from '../actions/times.ts';
import { TidemarkError } from '../errors.ts';
import type { Flags } from './command.ts';

/** The text of a flag; undefined when it wasn't given. */
export function textFlag(flags: Flags, name: string): string | undefined {
	const value = flags[name];
	return typeof value === 'string' ? value : undefined;
}

/** A flag that is a length of time, in ms. @throws TidemarkError of kind `config` */
export const spanFlag = (flags: Flags, name: string, flag: string, fallbackMs: number): number => {
	const text = textFlag(flags, name);
	return text === undefined ? fallbackMs : parseSpan(text, flag);
};

/** A flag that is a whole number of at least 0. @throws TidemarkError of kind `config` */
export function countFlag(flags: Flags, name: string, flag: string): number | undefined {
	const text = textFlag(flags, name);
	if (text === undefined) return undefined;
	if (/^\d{1,4}$/.test(text)) return Number(text);
	throw new TidemarkError('config', `${flag} is a whole number; it is "${text.slice(0, 40)}"`);
}

const oneOf = <Name extends string>(
	flag: string,
	text: string | undefined,
	names: readonly Name[],
	fallback: Name,
): Name => {
	const found = names.find((name) => name === (text ?? fallback));
	if (found !== undefined) return found;
	throw new TidemarkError(
		'config',
		`${flag} is ${names.join(' or ')}; it is "${text?.slice(0, 40)}"`,
	);
};

/** @throws TidemarkError of kind `config` */
export const engineFlag = (flags: Flags, fallback: EngineName = 'function'): EngineName =>
	oneOf('--engine', textFlag(flags, 'engine'), engineNames, fallback);

/** @throws TidemarkError of kind `config` */
export const byFlag = (flags: Flags): ReplayBy =>
	oneOf('--by', textFlag(flags, 'by'), replayBys, 'bucket');

/** How long the server lets a statement run, in ms. */
export const timeoutFlag = (flags: Flags): number =>
	spanFlag(flags, 'timeout', '--timeout', defaultTimeoutMs);

/** The rest between two slices, in ms. */
export const sleepFlag = (flags: Flags): number =>
	spanFlag(flags, 'sleepBetweenSlices', '--sleep-between-slices', 0);

/** How far back is looked unless `--from` says otherwise. */
const defaultSpanMs = 7 * dayMs;

/**
 * The span between `--from` and `--to`, by default the last seven days.
 * @throws TidemarkError of kind `config`, here or when the span is asked for
 */
export function spanFlags(flags: Flags): SpanOf {
	const [from, to] = [textFlag(flags, 'from'), textFlag(flags, 'to')];
	return (nowMs, endMs) => {
		const toMs = to === undefined ? endMs : parseMoment(to, '--to', nowMs);
		const fromMs = from === undefined ? toMs - defaultSpanMs : parseMoment(from, '--from', nowMs);
		if (fromMs < toMs) return { fromMs, toMs };
		throw new TidemarkError('config', '--from has to be before --to');
	};
}

/** A flag that has to be given. @throws TidemarkError of kind `config` */
export function neededFlag(flags: Flags, name: string, flag: string): string {
	const text = textFlag(flags, name);
	if (text === undefined) throw new TidemarkError('config', `${flag} is missing`);
	return text;
}
