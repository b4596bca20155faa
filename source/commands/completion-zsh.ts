import { type CompletedCommand, completedCommands } from './completion-words.ts';
import { type FlagSpec, flagText } from './flags.ts';

/** For zsh: `tidemark completion zsh > ~/.zfunc/_tidemark`. */
export function zshScript(): string {
	const [console, ...commands] = completedCommands();
	return `#compdef tidemark
# zsh completion of tidemark: tidemark completion zsh > ~/.zfunc/_tidemark
_tidemark() {
	local -a commands
	commands=(
${commands.map(({ name, summary }) => `\t\t${quoted(`${name}:${summary}`)}`).join('\n')}
	)
	case \${words[2]} in
${commands.map(commandCase).join('\n')}
		*)
			_arguments -S ${console ? specs(console) : ''} '1: :{_describe command commands}'
			;;
	esac
}
_tidemark "$@"
`;
}

const commandCase = (command: CompletedCommand): string => {
	const words = command.words.length > 0 ? ` '2: :(${command.words.join(' ')})'` : '';
	return `\t\t${command.name}) _arguments -S '1: :' ${specs(command)}${words} ;;`;
};

const specs = ({ flags }: CompletedCommand): string =>
	flags.map(([name, spec]) => quoted(specOf(name, spec))).join(' ');

function specOf(
	name: string,
	{ type, isMultiple, choices, path, value, summary }: FlagSpec,
): string {
	const text = summary.replace(/[[\]:]/g, (character) => `\\${character}`);
	const head = `${isMultiple ? '*' : ''}${flagText(name)}[${text}]`;
	if (type === 'boolean') return head;
	const action = choices
		? `(${choices.join(' ')})`
		: path
			? path === 'folder'
				? '_files -/'
				: '_files'
			: ' ';
	return `${head}:${(value ?? '').toLowerCase().replace(/[[\]:]/g, ' ')}:${action}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
