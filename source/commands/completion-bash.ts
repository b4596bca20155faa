import { type CompletedCommand, completedCommands } from './completion-words.ts';
import { type FlagSpec, flags, flagText } from './flags.ts';

/** For bash 3.2 and newer: `source <(tidemark completion bash)`. */
export function bashScript(): string {
	const all = completedCommands();
	const names = all.map(({ name }) => name).filter((name) => name !== '');
	return `# bash completion of tidemark: source <(tidemark completion bash)
_tidemark() {
	local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= index
	for ((index = 1; index < COMP_CWORD; index++)); do
		case \${COMP_WORDS[index]} in
			${names.join('|')}) command=\${COMP_WORDS[index]}; break ;;
		esac
	done
	case $previous in
${valueCases()}
	esac
	case $command in
${all.map(commandCase).join('\n')}
	esac
}
complete -F _tidemark tidemark
`;
}

/** What follows a flag that takes a value; where it can be anything, nothing is offered. */
function valueCases(): string {
	const cases = Object.entries<FlagSpec>(flags).flatMap(([name, { type, choices, path }]) => {
		if (type === 'boolean') return [];
		const offer = choices
			? `-W '${choices.join(' ')}'`
			: path
				? path === 'folder'
					? '-d'
					: '-f'
				: undefined;
		const reply = offer ? `COMPREPLY=($(compgen ${offer} -- "$current")); ` : '';
		return [`\t\t${flagText(name)}) ${reply}return ;;`];
	});
	return cases.join('\n');
}

function commandCase({ name, flags: own, words }: CompletedCommand): string {
	const first = name === '' ? completedCommands().map((command) => command.name) : words;
	const all = [...first, ...own.map(([flag]) => flagText(flag))].filter((word) => word !== '');
	return `\t\t${name || "''"}) COMPREPLY=($(compgen -W '${all.join(' ')}' -- "$current")) ;;`;
}
