/** What a scan of a query text found. */
export type Statement =
	| { readonly sql: string }
	| { readonly fault: string; readonly offset: number };

/**
 * Takes the one statement out of a sampler's body: a trailing semicolon is dropped, any other is a
 * fault, because a simple-query message would run what follows it outside of the read-only guard.
 * The scan knows strings, quoted names, dollar quotes and comments, as the server's lexer does.
 */
export function singleStatement(body: string): Statement {
	let start: number | undefined;
	let end: number | undefined;
	for (let at = 0; at < body.length; ) {
		const token = tokenAt(body, at);
		if (token.kind === 'open') return { fault: `${token.what} is never closed`, offset: at };
		if (token.kind === 'code') {
			start ??= at;
			if (end !== undefined) {
				return { fault: 'a sampler is one statement; something follows its semicolon', offset: at };
			}
		}
		if (token.kind === 'semicolon') end ??= at;
		at = token.end;
	}
	const sql = body.slice(start, end).trim();
	if (!/^(select|with|values|table)\b/i.test(sql)) {
		return { fault: 'a sampler is one SELECT', offset: start ?? 0 };
	}
	return { sql };
}

type Token =
	| { readonly kind: 'blank' | 'code' | 'semicolon'; readonly end: number }
	| { readonly kind: 'open'; readonly what: string };

// A name is taken whole, so that neither the e of `note'…` nor the $ of `a$b$` opens a string.
const lexeme =
	/(?<blank>\s+|--[^\n]*)|(?<semicolon>;)|(?<comment>\/\*)|(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|(?<escape>[eE]')|(?<quote>['"])|[\w$\u0080-\uffff]+|./suy;

function tokenAt(text: string, at: number): Token {
	lexeme.lastIndex = at;
	const { 0: found = '', groups = {} } = lexeme.exec(text) ?? {};
	const end = at + Math.max(found.length, 1);
	if (groups.blank) return { kind: 'blank', end };
	if (groups.semicolon) return { kind: 'semicolon', end };
	if (groups.comment) return blockComment(text, at);
	if (groups.escape) return quoted(text, end, "'", true);
	if (groups.quote) return quoted(text, end, groups.quote, false);
	if (!groups.dollar) return { kind: 'code', end };
	const close = text.indexOf(found, end);
	if (close < 0) return { kind: 'open', what: 'a dollar-quoted string' };
	return { kind: 'code', end: close + found.length };
}

function blockComment(text: string, at: number): Token {
	const mark = /\/\*|\*\//g;
	mark.lastIndex = at;
	let depth = 0;
	for (let match = mark.exec(text); match; match = mark.exec(text)) {
		depth += match[0] === '/*' ? 1 : -1;
		if (depth === 0) return { kind: 'blank', end: mark.lastIndex };
	}
	return { kind: 'open', what: 'a comment' };
}

function quoted(text: string, from: number, quote: string, hasBackslash: boolean): Token {
	for (let index = from; index < text.length; index += 1) {
		if (hasBackslash && text[index] === '\\') index += 1;
		else if (text[index] === quote) {
			if (text[index + 1] !== quote) return { kind: 'code', end: index + 1 };
			index += 1;
		}
	}
	return { kind: 'open', what: quote === '"' ? 'a quoted name' : 'a string' };
}
