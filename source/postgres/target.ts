import { faultsError } from '../errors.ts';
import { readService } from './service-file.ts';
import { buildTarget } from './target-build.ts';
import { parseConninfo } from './target-conninfo.ts';
import type { ReadFile } from './target-files.ts';
import { type Keyword, type Parsed, variableOf } from './target-keywords.ts';
import type { Target } from './target-type.ts';
import { parseUrl } from './target-url.ts';

export { type ReadFile, readConfigFile, systemTargetInput } from './target-files.ts';
export { passwordOf, type Target, type TargetHost, type TargetSsl } from './target-type.ts';

/** What decides where to connect; nothing else is looked at. */
export interface TargetInput {
	/** The argument: a URL, `name=value …`, or the bare name of a database; left out or empty: none. */
	readonly url?: string;
	/** What a fault calls the argument: where it was written; left out: `argument`. */
	readonly origin?: string;
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly homeDirectory: string;
	/** The operating system's name of the user; the last resort for the role. */
	readonly userName: string;
	readonly readFile: ReadFile;
}

/** One parameter's value and where it came from. */
export interface Setting {
	readonly value: string;
	readonly origin: string;
}
export type Settings = ReadonlyMap<Keyword, Setting>;

/**
 * Where psql would connect: the argument, else DATABASE_URL; what that leaves out is taken from the
 * service it or PGSERVICE names, then from the PG* variables, then from libpq's defaults; a missing
 * password from the password file.
 * @throws TidemarkError of kind `config` with every fault found, one sentence each.
 */
export function resolveTargets(input: TargetInput): Target {
	const faults: string[] = [];
	const settings = new Map<Keyword, Setting>();
	const fill = ({ given, faults: found }: Parsed, origin: string) => {
		faults.push(...found);
		for (const [keyword, value] of given) {
			if (!settings.has(keyword)) settings.set(keyword, { value, origin });
		}
	};
	const origin = input.url ? (input.origin ?? 'argument') : 'DATABASE_URL';
	const text = input.url || input.env.DATABASE_URL;
	if (text) fill(connectionGiven(text, origin), origin);
	fillFromService(input, settings, fill);
	for (const [keyword, variable] of Object.entries(variableOf)) {
		const value = variable && input.env[variable];
		if (variable === undefined || value === undefined) continue;
		fill({ given: new Map([[keyword as Keyword, value]]), faults: [] }, variable);
	}
	const target = buildTarget(settings, input, faults);
	if (target === undefined || faults.length > 0) throw faultsError('config', faults);
	return target;
}

/** By libpq's rule: a URL, else a connection string if there is an equals sign, else a database's name. */
export function connectionGiven(text: string, origin: string): Parsed {
	if (/^postgres(ql)?:\/\//i.test(text)) return parseUrl(text, origin);
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
	if (scheme !== undefined) {
		const fault = `The URL (${origin}) begins with ${scheme}://: tidemark reads postgres:// and postgresql://.`;
		return { given: new Map(), faults: [fault] };
	}
	if (text.includes('=')) return parseConninfo(text, origin);
	return { given: new Map([['dbname', text]]), faults: [] };
}

function fillFromService(
	{ env, homeDirectory, readFile }: TargetInput,
	settings: Settings,
	fill: (parsed: Parsed, origin: string) => void,
): void {
	const name = settings.get('service')?.value ?? env.PGSERVICE;
	if (!name) return;
	const parsed = readService(name, {
		file: settings.get('servicefile')?.value || env.PGSERVICEFILE,
		homeDirectory,
		systemDirectory: env.PGSYSCONFDIR,
		readFile,
	});
	fill(parsed, `service ${name}`);
}
