/** What has to be done to confirm an action: the more it can do, the more. */
export type Rung =
	/** A button that isn't the default. */
	| { readonly kind: 'button' }
	/** The target's name is typed. */
	| { readonly kind: 'name'; readonly name: string }
	/** The name, and the number of rows that go. */
	| {
			readonly kind: 'name-and-rows';
			readonly name: string;
			readonly rows: number;
			readonly fate: 'abandoned' | 'pruned';
	  };

/** A confirmation under way. */
export type Confirmation = {
	/** What has to be typed, one after the other; empty for a button. */
	readonly wanted: readonly string[];
	/** Those of them that are typed. */
	readonly done: number;
	readonly typed: string;
	/** Which button has the focus; for a `button` rung only. */
	readonly focus: 'cancel' | 'run';
	readonly outcome: 'open' | 'yes' | 'no';
	/** Why the last key did nothing; empty: it did. */
	readonly notice: string;
	readonly openedAtMs: number;
	readonly lastAtMs: number;
	readonly lastKey: string;
};

/** Keys that were on their way when the question came up, and a key that is still held, answer nothing. */
export const deafMs = 400;
export const tooEarly = 'read first';
/** A held key repeats about every 30 ms, and first after some 250 or more. */
const repeatMs = 90;

/** A question that has just come up; the focus is on Cancel. */
export function askFor(rung: Rung, nowMs: number): Confirmation {
	return {
		wanted:
			rung.kind === 'button'
				? []
				: rung.kind === 'name'
					? [rung.name]
					: [rung.name, String(rung.rows)],
		done: 0,
		typed: '',
		focus: 'cancel',
		outcome: 'open',
		notice: '',
		openedAtMs: nowMs,
		lastAtMs: Number.NEGATIVE_INFINITY,
		lastKey: '',
	};
}

/**
 * The confirmation after a key. Pure.
 * @param key one character, or `return`, `escape`, `backspace`, `tab`, `left`, `right`, `ctrl-c`; a
 * longer text is one that was pasted
 */
export function answer(before: Confirmation, key: string, nowMs: number): Confirmation {
	const state = { ...before, lastAtMs: nowMs, lastKey: key, notice: '' };
	if (key === 'escape' || key === 'ctrl-c' || key === 'ctrl-d') return { ...state, outcome: 'no' };
	if (nowMs - before.openedAtMs < deafMs) return { ...state, notice: tooEarly };
	const sinceMs = nowMs - before.lastAtMs;
	if (isPasted(key)) {
		return { ...state, typed: '', notice: 'pasted text confirms nothing: type it' };
	}
	if (key === before.lastKey && sinceMs < repeatMs) {
		return { ...state, typed: '', notice: 'a held key confirms nothing' };
	}
	return state.wanted.length === 0 ? pressed(state, key) : typedKey(state, key);
}

const named = new Set(['return', 'backspace', 'tab', 'shift-tab', 'left', 'right', 'up', 'down']);

const isPasted = (key: string): boolean =>
	[...key].length > 1 && !named.has(key) && key !== 'space';

function pressed(state: Confirmation, key: string): Confirmation {
	if (key === 'return') return { ...state, outcome: state.focus === 'run' ? 'yes' : 'no' };
	if (['tab', 'shift-tab', 'left', 'right'].includes(key)) {
		return { ...state, focus: state.focus === 'run' ? 'cancel' : 'run' };
	}
	return key === 'n' || key === 'q' ? { ...state, outcome: 'no' } : state;
}

function typedKey(state: Confirmation, key: string): Confirmation {
	if (key === 'backspace') return { ...state, typed: [...state.typed].slice(0, -1).join('') };
	if (key !== 'return') {
		return named.has(key)
			? state
			: { ...state, typed: state.typed + (key === 'space' ? ' ' : key) };
	}
	const wanted = state.wanted[state.done];
	if (state.typed === '') return { ...state, outcome: 'no' };
	if (state.typed !== wanted) return { ...state, typed: '', notice: 'that is not it' };
	const done = state.done + 1;
	return { ...state, done, typed: '', outcome: done === state.wanted.length ? 'yes' : 'open' };
}
