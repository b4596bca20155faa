import { homedir } from 'node:os';
import { configPath } from '../config/load.ts';
import { type EffectiveSetting, type Origin, resolveSettings } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import { sanitise } from '../lib/text.ts';
import type { Target } from '../postgres/target-type.ts';
import type { CommandContext } from './command.ts';

/**
 * Prints every setting as it counts and where it came from: a flag, a variable, a line of the file,
 * the default. Of a password only its place is ever named.
 */
export async function config(context: CommandContext): Promise<number> {
	const { flags, stdout, stderr, file, env, targetName } = context;
	const { effective } = resolveSettings(context);
	const targets = [...(file?.targets.keys() ?? [])];
	// A connection that can't be made out is no reason to be silent on everything else.
	const place = await context.resolveTarget(context.args[0]).catch((error: unknown) => {
		if (!(error instanceof TidemarkError)) throw error;
		stderr.write(`${error.message}\n`);
		return undefined;
	});
	const connection = place ? connectionSettings(place) : [];
	if (flags.json) {
		const document = {
			file: file?.path ?? null,
			target: targetName ?? null,
			targets,
			settings: [...effective, ...connection].map(({ name, value, origin }) => ({
				name,
				value,
				from: origin,
			})),
		};
		stdout.write(`${JSON.stringify(document)}\n`);
	} else {
		const path = file?.path ?? `${configPath(env, homedir())} (there is none)`;
		const head = [
			`file     ${path}`,
			`targets  ${targets.map((name) => `@${name}`).join(' ') || '–'}`,
		];
		stdout.write(`${[...head, '', ...table([...connection, ...effective])].join('\n')}\n`);
	}
	return place ? 0 : 2;
}

/** What libpq's parameters are, by its names; a password is there by its origin alone. */
function connectionSettings({ hosts, database, user, ssl, origins }: Target): EffectiveSetting[] {
	const values: Readonly<Record<string, string>> = {
		host: hosts.map(({ host }) => host).join(','),
		port: hosts.map(({ port }) => port).join(','),
		dbname: database,
		user,
		sslmode: ssl.mode,
	};
	return Object.entries(origins)
		.filter(([name]) => name in values || name === 'password' || name === 'service')
		.map(([name, from]) => ({
			name: `connection.${name}`,
			value: values[name] ?? (name === 'password' ? '(not shown)' : from.replace(/^service /, '')),
			origin: originOf(from),
		}));
}

/** The words of `Target.origins` in those of settings. */
function originOf(from: string): Origin {
	if (from === 'default') return { kind: 'default' };
	if (from === 'argument') return { kind: 'flag', name: 'the argument' };
	if (/^[A-Z_]+$/.test(from)) return { kind: 'variable', name: from };
	return { kind: 'file', place: from };
}

function table(rows: readonly EffectiveSetting[]): string[] {
	const cells = rows.map(({ name, value, origin }) => [
		name,
		sanitise(shown(value)),
		sanitise('name' in origin ? origin.name : 'place' in origin ? origin.place : 'default'),
	]);
	const widths = [0, 1].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
	return cells.map(
		([name = '', value = '', from = '']) =>
			`${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(Math.min(widths[1] ?? 0, 40))}  ${from}`,
	);
}

function shown(value: unknown): string {
	if (Array.isArray(value)) return value.join(', ') || '–';
	if (typeof value === 'object' && value !== null) {
		const parts = Object.entries(value).map(([key, each]) => `${key} ${shown(each)}`);
		return parts.join('; ') || '–';
	}
	return String(value) || '–';
}
