import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type ConfigFile, type ConfigSource, settings, targetOf } from '../config.ts';
import { faultsError } from '../errors.ts';
import { readConfigFile, systemTargetInput, type TargetInput } from '../postgres/target.ts';
import { givenValue } from './find-setting.ts';

/** `$XDG_CONFIG_HOME/tidemark/config.jsonc`, by default in `~/.config`; a relative folder is to be ignored. */
export function configPath(
	env: Readonly<Record<string, string | undefined>>,
	homeDirectory: string,
): string {
	const { XDG_CONFIG_HOME: given = '' } = env;
	const folder = isAbsolute(given) ? given : join(homeDirectory, '.config');
	return join(folder, 'tidemark', 'config.jsonc');
}

/** The user's configuration file; what reads it is loaded only where there is one. */
export async function loadConfig(): Promise<ConfigFile | undefined> {
	const home = homedir();
	const path = configPath(process.env, home);
	if (!existsSync(path)) return undefined;
	const { loadConfigFile } = await import('./file.ts');
	return loadConfigFile(path, readConfigFile, home);
}

/** `staging` of `@staging`; undefined where no target of the file is meant. */
export const targetNameOf = (url: string | undefined): string | undefined =>
	url?.startsWith('@') ? url.slice(1) : undefined;

/**
 * What decides where to connect, with the address of the file for `@NAME`.
 * @throws TidemarkError of kind `config` where the file has no such target, or can't be read
 */
export function targetInput(file: ConfigFile | undefined, url: string | undefined): TargetInput {
	const targetName = targetNameOf(url);
	if (targetName === undefined) return systemTargetInput(url);
	const faults = [...(file?.faults ?? [])];
	const target = targetOf({ file, targetName }, faults);
	if (target === undefined || faults.length > 0) throw faultsError('config', faults);
	const origin = file?.placeOf(['targets', target.name]) ?? '';
	return { ...systemTargetInput(target.connection), origin };
}

/**
 * Every time that is shown is in the zone that flag, environment, target or file name, and otherwise
 * in that of the start: `TZ` of the environment given, which a target shown before has not changed.
 * @returns puts the zone back that was before
 */
export function applyTimeZone(source: ConfigSource): () => void {
	const before = process.env.TZ;
	const zone = givenValue(settings.timeZone, source);
	setTimeZone(typeof zone === 'string' && zone !== '' ? zone : source.env.TZ);
	return () => setTimeZone(before);
}

function setTimeZone(zone: string | undefined): void {
	if (zone === undefined) delete process.env.TZ;
	else process.env.TZ = zone;
}
