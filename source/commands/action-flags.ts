import { type EngineName, engineNames } from '../actions/engine.ts';
import { type ReplayBy, replayBys } from '../actions/replay-plan.ts';
import { parseSpan } from '../actions/times.ts';
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

/** A statement of an action may take this long unless `--timeout` says otherwise. */
export const defaultTimeoutMs = 10 * 60_000;

/** How long to wait for a lock that others have, unless `--wait` says otherwise. */
export const defaultWaitMs = 10_000;

/** A flag that has to be given. @throws TidemarkError of kind `config` */
export function neededFlag(flags: Flags, name: string, flag: string): string {
	const text = textFlag(flags, name);
	if (text === undefined) throw new TidemarkError('config', `${flag} is missing`);
	return text;
}
