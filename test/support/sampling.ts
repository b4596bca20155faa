import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Parts } from '../../source/compose.ts';
import { resolveConfig } from '../../source/config.ts';
import type { SampleOutcome } from '../../source/sampling/book.ts';
import type { LineClock } from '../../source/sampling/line.ts';
import type { Snapshot } from '../../source/sampling/snapshot.ts';
import type { Store } from '../../source/sampling/store.ts';
import { targetOf } from './target.ts';

/** The parts for a database as the program composes them, with some flags and own samplers. */
export function composeFor(
	url: string,
	flags: Readonly<Record<string, string | readonly string[]>> = {},
	observe?: (outcome: SampleOutcome | 'acquire-failed') => void,
	clock?: LineClock,
): Parts {
	const config = resolveConfig({ flags, env: {} });
	return compose({
		config,
		target: targetOf(url),
		...(observe && { observe }),
		...(clock && { clock }),
	});
}

/** A folder of samplers of one's own, written for a test; `remove` takes it away. */
export function samplerFolder(files: Readonly<Record<string, string>>): {
	readonly path: string;
	remove(): void;
} {
	const root = mkdtempSync(join(tmpdir(), 'tidemark-samplers-'));
	const path = join(root, 'own');
	mkdirSync(path);
	for (const [name, text] of Object.entries(files)) {
		const header = text.includes('-- title:') ? '' : '-- title: own\n-- panel: own\n';
		writeFileSync(join(path, `${name}.sql`), `${header}${text}\n`);
	}
	return { path, remove: () => rmSync(root, { recursive: true }) };
}

/** The first snapshot, of those published from now on or the latest, for which `holds`. */
export function whenSnapshot(
	store: Store,
	holds: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
	return new Promise((resolve) => {
		const look = () => {
			const latest = store.latest();
			if (!holds(latest)) return;
			unsubscribe();
			resolve(latest);
		};
		const unsubscribe = store.subscribe(look);
		look();
	});
}
