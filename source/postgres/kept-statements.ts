import { createHash } from 'node:crypto';
import { hasSqlstate } from '../errors.ts';

/** The statement is there no longer, or somebody else's is: a pooler gave us another connection. */
const otherConnection = new Set(['26000', '42P05']);

/** The columns have other types now than when it was parsed. */
const otherColumns = new Set(['0A000']);

/**
 * Which statements the server keeps parsed and planned for one connection. Parsing and planning is
 * more than half of what a sampler costs the server; what is kept is planned anew when its tables or
 * their statistics change, when it fails, and after {@link doubtAll}.
 */
export class KeptStatements {
	readonly #names = new Map<string, string>();
	readonly #parsed = new Set<string>();
	/** Behind a pooler nothing is kept: its connections to the server change. */
	readonly isPooled: boolean;
	#canKeep: boolean;

	constructor(isPooled: boolean) {
		this.isPooled = isPooled;
		this.#canKeep = !isPooled;
	}

	/** The statement's name on the server; empty: it is parsed each time. */
	nameOf(sql: string): string {
		if (!this.#canKeep) return '';
		let name = this.#names.get(sql);
		if (name === undefined) {
			// Of the text itself: where a pooler hides, another console may have kept one by this name.
			name = `tidemark_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
			this.#names.set(sql, name);
		}
		return name;
	}

	/** Whether the server has it for certain. */
	has(name: string): boolean {
		return this.#parsed.has(name);
	}

	/** Takes note of a transaction that came to its end, and so has parsed these. */
	succeeded(names: readonly string[]): void {
		for (const name of names) if (name !== '') this.#parsed.add(name);
	}

	/** Have all parsed and planned anew, each at its next use. */
	doubtAll(): void {
		this.#parsed.clear();
	}

	/**
	 * Takes note of a transaction that failed, and may have come to parse its statement or not.
	 * @param name of that statement; empty: it is not kept
	 * @returns whether to ask once more: the fault is in what was kept
	 */
	failed(name: string, error: unknown): boolean {
		this.#parsed.delete(name);
		const isElsewhere = hasSqlstate(error, otherConnection);
		if (isElsewhere) this.#canKeep = false;
		return isElsewhere || (name !== '' && hasSqlstate(error, otherColumns));
	}
}
