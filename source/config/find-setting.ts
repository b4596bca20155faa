import * as v from 'valibot';
import type { ConfigSource, Origin } from '../config.ts';
import type { NamedTarget } from './file.ts';
import type { Setting } from './settings.ts';

/** A setting as it is given, before any check; what is given nowhere is its default. */
export const givenValue = (setting: Setting, source: ConfigSource): unknown =>
	findSetting(setting, source, source.file?.targets.get(source.targetName ?? '')).value;

/** A value before any check, and who gave it. */
export type Found = { readonly value: unknown; readonly origin: Origin };

export function findSetting(
	{ file: key, flag, env: variable, fallback }: Setting,
	{ flags, env, file }: ConfigSource,
	target: NamedTarget | undefined,
): Found {
	const flagged = flag === undefined ? undefined : flags[flag];
	// A flag that may be repeated is an empty list where it isn't given.
	if (flag !== undefined && flagged !== undefined && String(flagged) !== '') {
		return { value: flagged, origin: { kind: 'flag', name: `--${kebab(flag)}` } };
	}
	const exported = variable === undefined ? undefined : env[variable];
	if (variable !== undefined && exported !== undefined && exported !== '') {
		return { value: exported, origin: { kind: 'variable', name: variable } };
	}
	const named = target?.given[key];
	if (target && named !== undefined) {
		const place = file?.placeOf(['targets', target.name, key]) ?? '';
		return { value: named, origin: { kind: 'target', place } };
	}
	const given = file?.given[key];
	if (given !== undefined) {
		return { value: given, origin: { kind: 'file', place: file?.placeOf([key]) ?? '' } };
	}
	return { value: fallback, origin: { kind: 'default' } };
}

/** The checked value; what is wrong with it is added to the faults. */
export function checkSetting(
	schema: v.GenericSchema<unknown, unknown>,
	{ value, origin }: Found,
	key: string,
	faults: string[],
) {
	const result = v.safeParse(schema, value, { message: () => 'is not what belongs here' });
	if (result.success) return result.output;
	// What is wrong in the file was told when it was read.
	const who = 'name' in origin ? origin.name : key;
	// What may be an address may hold a password.
	const isTold = typeof value === 'string' && !/@|:\/\//.test(value);
	const shown = isTold ? `; it is "${value.slice(0, 40)}"` : '';
	if (origin.kind !== 'file' && origin.kind !== 'target') {
		faults.push(`${who} ${result.issues[0].message}${shown}`);
	}
	return undefined;
}

const kebab = (name: string): string =>
	name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
