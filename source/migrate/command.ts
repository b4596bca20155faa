import { TidemarkError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { recordRefused } from './failure.ts';
import { type MigrationStatus, migrate, migrationStatus } from './migrate.ts';

/** What `tidemark migrate` needs of its surroundings. */
export interface MigrateSurroundings {
	/** The database: a URL, the driver's settings, or a connected client. */
	readonly url: Connection;
	/** Takes the output, whole lines with their line feed. */
	readonly write: (text: string) => void;
	/** Default: the folder that ships with the program. */
	readonly directory?: string;
	/** How long to wait for another run, in ms; default one minute. */
	readonly lockWaitMs?: number;
}

const usage = 'Usage: tidemark migrate [up|down|status] [--to N]\n';

/**
 * `tidemark migrate [up|down|status] [--to N]`; without a word it is `up`.
 * @returns the exit code: 0 done, or nothing to do; 1 refused or failed, with one sentence written;
 * 2 the arguments make no sense
 */
export async function runMigrateCommand(
	args: readonly string[],
	surroundings: MigrateSurroundings,
): Promise<number> {
	const request = parse(args);
	if (!request) {
		surroundings.write(usage);
		return 2;
	}
	try {
		if (request.verb === 'status') await writeStatus(surroundings);
		else await writeRun(request.verb, request.to, surroundings);
		return 0;
	} catch (error) {
		const told = error instanceof TidemarkError ? error : recordRefused(error);
		if (told === undefined) throw error;
		surroundings.write(`${told.message}\n`);
		return told.kind === 'config' ? 2 : 1;
	}
}

type Request = { readonly verb: 'up' | 'down' | 'status'; readonly to: number | undefined };

function parse(args: readonly string[]): Request | undefined {
	let verb: Request['verb'] | undefined;
	let to: number | undefined;
	for (let at = 0; at < args.length; at++) {
		const word = args[at] ?? '';
		const value = word === '--to' ? args[++at] : /^--to=(.*)$/.exec(word)?.[1];
		if (value !== undefined) {
			if (!/^\d{1,9}$/.test(value)) return undefined;
			to = Number(value);
		} else if ((word === 'up' || word === 'down' || word === 'status') && verb === undefined) {
			verb = word;
		} else {
			return undefined;
		}
	}
	return verb === 'status' && to !== undefined ? undefined : { verb: verb ?? 'up', to };
}

async function writeRun(
	verb: 'up' | 'down',
	to: number | undefined,
	{ url, write, directory, lockWaitMs }: MigrateSurroundings,
): Promise<void> {
	const ran = await migrate({
		connection: url,
		direction: verb,
		...(to === undefined ? {} : { to }),
		...(directory === undefined ? {} : { directory }),
		...(lockWaitMs === undefined ? {} : { lockWaitMs }),
		onStart: (id) => write(`${verb === 'up' ? 'applying' : 'taking back'} ${id}\n`),
	});
	write(
		ran.length === 0
			? 'Nothing to do.\n'
			: `Done: ${ran.length} migration${ran.length === 1 ? '' : 's'}.\n`,
	);
}

async function writeStatus({ url, write, directory }: MigrateSurroundings): Promise<void> {
	const all = await migrationStatus({
		connection: url,
		...(directory === undefined ? {} : { directory }),
	});
	const width = Math.max(...all.map((each) => each.id.length));
	for (const each of all) write(`${each.id.padEnd(width)}  ${stateOf(each)}\n`);
}

function stateOf({ appliedAt, isWhenAsked, version }: MigrationStatus): string {
	if (appliedAt) return `applied ${appliedAt.toISOString()}`;
	return isWhenAsked ? `only when asked for: tidemark migrate up --to ${version}` : 'pending';
}
