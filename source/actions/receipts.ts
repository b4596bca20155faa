import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from './action-error.ts';
import type { ActionName } from './availability.ts';
import type { EngineName } from './engine.ts';
import { jsonOf, type Whole } from './json.ts';
import type { PipelineName } from './pipelines.ts';
import { appendLine, makeFolder } from './state-folder.ts';

/** What became of an action. */
export type ReceiptOutcome = 'done' | Exclude<Outcome, 'refused'>;

/** What an action did, for whoever asks later. One line of `receipts.jsonl`. */
export type Receipt = {
	/** Of the run; its ledger has the same. */
	readonly id: string;
	readonly action: ActionName;
	readonly pipeline: PipelineName;
	readonly outcome: ReceiptOutcome;
	/** When it began, by this machine's clock, ISO 8601. */
	readonly at: string;
	readonly tookMs: number;
	readonly who: { readonly role: string; readonly user: string; readonly host: string };
	/** The target as the header shows it, without a password. */
	readonly where: string;
	/** What was asked for, such as `{ from, to, by }`. */
	readonly what: Readonly<Record<string, string | number | boolean>>;
	/** What recomputed, whatever was asked for. */
	readonly engine?: EngineName;
	/** Rows of the rollup table before and after; null where counting took too long. */
	readonly rows: { readonly before: number | null; readonly after: number | null };
	/** Rows that were inserted, changed or deleted, by the engine's own count. */
	readonly touched: number;
	readonly tokens?: { readonly before: Whole; readonly after: Whole };
	readonly plan?: string;
	readonly slices?: number;
	readonly longestSliceMs?: number;
	/** From taking the pipeline's lock to giving it back, over as many slices as nobody waited for. */
	readonly longestHoldMs?: number;
	/** Usage rows a second of work: what the next prediction here begins with. */
	readonly rowsPerSecond?: number;
	/** How the result was proven, or why it failed. */
	readonly note: string;
};

/** Who acts from this machine. */
export const whoActs = (role: string): Receipt['who'] => ({
	role,
	user: userName(),
	host: hostname(),
});

function userName(): string {
	try {
		return userInfo().username;
	} catch {
		// No entry for this uid, as in some containers.
		return String(process.getuid?.() ?? 'unknown');
	}
}

const fileOf = (folder: string): string => join(folder, 'receipts.jsonl');

/** Adds a receipt. @throws what the file system says */
export function writeReceipt(folder: string, receipt: Receipt): void {
	makeFolder(folder);
	appendLine(fileOf(folder), jsonOf(receipt));
}

/** The receipts, oldest first; lines that are not whole are left out. */
export function readReceipts(folder: string): readonly Receipt[] {
	let text: string;
	try {
		text = readFileSync(fileOf(folder), 'utf8');
	} catch {
		return [];
	}
	return text.split('\n').flatMap((line) => {
		try {
			return line === '' ? [] : [JSON.parse(line) as Receipt];
		} catch {
			return [];
		}
	});
}
