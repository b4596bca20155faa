import { type DocumentNode, parse, type ValueNode } from '@humanwhocodes/momoa';

/** Where in a document something is: the keys and indexes that lead to it. */
export type Path = readonly (string | number)[];

/** Something wrong in a document, and the line that it is in, counted from 1. */
export type DocumentFault = { readonly line: number; readonly reason: string };

/** A document of JSON with comments as plain data, and where in the text each part of it stands. */
export type Document = {
	/** Objects have no prototype, so that no key of the file can be taken for one of ours. */
	readonly value: unknown;
	/** The line of what a path leads to, or of the nearest part around it that is there. */
	lineOf(path: Path): number;
	/** Keys that are given twice; the last one is in the value. */
	readonly repeated: readonly DocumentFault[];
};

/** Deeper than any setting; a document that is nested for the sake of it would end the parser's stack. */
const deepest = 32;

/**
 * Reads JSON with comments and trailing commas. What isn't JSON is one fault, at the place where it
 * stops to be.
 */
export function parseDocument(text: string): Document | { readonly fault: DocumentFault } {
	const tooDeep = lineOfDepth(text, deepest);
	if (tooDeep !== undefined) {
		return { fault: { line: tooDeep, reason: `is nested more than ${deepest} deep` } };
	}
	let body: DocumentNode['body'];
	try {
		// A mark of byte order is what some editors put before a text.
		({ body } = parse(text.replace(/^\uFEFF/, ''), { mode: 'jsonc', allowTrailingCommas: true }));
	} catch (error) {
		return { fault: syntaxFault(error) };
	}
	const repeated: DocumentFault[] = [];
	const lines = new Map<string, number>();
	const value = plainValue(body, [], lines, repeated);
	const lineOf = (path: Path): number => {
		for (let length = path.length; length >= 0; length--) {
			const line = lines.get(JSON.stringify(path.slice(0, length)));
			if (line !== undefined) return line;
		}
		return 1;
	};
	return { value, lineOf, repeated };
}

function plainValue(
	node: ValueNode,
	path: Path,
	lines: Map<string, number>,
	repeated: DocumentFault[],
): unknown {
	const key = JSON.stringify(path);
	if (!lines.has(key)) lines.set(key, node.loc.start.line);
	if (node.type === 'Array') {
		return node.elements.map((element, at) =>
			plainValue(element.value, [...path, at], lines, repeated),
		);
	}
	if (node.type !== 'Object') return node.type === 'Null' ? null : scalarOf(node);
	const object: Record<string, unknown> = Object.create(null);
	for (const { name, value } of node.members) {
		const member = name.type === 'Identifier' ? name.name : name.value;
		const { line } = name.loc.start;
		// The key itself is not repeated: it may be anything, also a password in the wrong place.
		if (member in object) repeated.push({ line, reason: 'has the same key for the second time' });
		lines.set(JSON.stringify([...path, member]), line);
		object[member] = plainValue(value, [...path, member], lines, repeated);
	}
	return object;
}

const scalarOf = (node: ValueNode): unknown => ('value' in node ? node.value : undefined);

/** The parser's own sentence names tokens and may quote a character; only where and what kind is kept. */
function syntaxFault(error: unknown): DocumentFault {
	const { line = 1, column = 1 } = error as { line?: number; column?: number };
	const isEnd = error instanceof Error && /end of input/i.test(error.message);
	const reason = isEnd
		? 'ends in the middle: a bracket, a brace or a quote is not closed'
		: `is not JSON from column ${column} on: look for a missing comma or quote there or just before`;
	return { line, reason };
}

/** The line where brackets are first open `limit` deep, told without recursion. */
function lineOfDepth(text: string, limit: number): number | undefined {
	// A string, a comment, a bracket or a line's end, whichever begins first.
	const token = /"(?:[^"\\\n]|\\.)*"?|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[[\]{}\n]/g;
	let depth = 0;
	let line = 1;
	for (const [found] of text.matchAll(token)) {
		if (found === '[' || found === '{') depth += 1;
		else if (found === ']' || found === '}') depth -= 1;
		else line += found.split('\n').length - 1;
		if (depth > limit) return line;
	}
	return undefined;
}
