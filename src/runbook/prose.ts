import type { ListItem, Nodes, Paragraph, PhrasingContent } from 'mdast';

/**
 * Writes blocks as simple Markdown: paragraphs with a blank line between them, lists, fenced code, code
 * spans. Emphasis and HTML are dropped, links keep their address in brackets behind the text.
 */
export function proseOf(blocks: readonly Nodes[]): string {
  return blocks
    .map(blockOf)
    .filter((block) => block !== '')
    .join('\n\n');
}

/** The text of a paragraph or heading on one line; code spans keep their backticks. */
export function lineOfText(parts: readonly PhrasingContent[]): string {
  return oneLine(parts.map(inlineOf).join(''));
}

/** The text of a list item's own paragraphs on one line, without the lists in it. */
export function textOfItem(item: ListItem): string {
  const paragraphs = item.children.filter((child): child is Paragraph => child.type === 'paragraph');
  return oneLine(paragraphs.map(({ children }) => lineOfText(children)).join(' '));
}

/** Text with every run of white space made one blank. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

function blockOf(node: Nodes): string {
  switch (node.type) {
    case 'paragraph':
    case 'heading':
      return lineOfText(node.children);
    case 'code':
      return `\`\`\`${node.lang ?? ''}\n${node.value}\n\`\`\``;
    case 'blockquote':
      return indented(proseOf(node.children), '> ', '> ');
    case 'list':
      return node.children
        .map((item, index) => {
          const mark = node.ordered === true ? `${(node.start ?? 1) + index}. ` : '- ';
          return indented(proseOf(item.children), mark, ' '.repeat(mark.length));
        })
        .join('\n');
    default:
      return '';
  }
}

function indented(text: string, first: string, rest: string): string {
  return text
    .split('\n')
    .map((line, index) => `${index === 0 ? first : rest}${line}`.trimEnd())
    .join('\n');
}

function inlineOf(node: PhrasingContent): string {
  switch (node.type) {
    case 'text':
      return node.value;
    case 'inlineCode':
      return `\`${node.value}\``;
    case 'break':
      return ' ';
    case 'image':
      return node.alt ?? '';
    case 'link': {
      const text = node.children.map(inlineOf).join('');
      return text === node.url || text === '' ? node.url : `${text} (${node.url})`;
    }
    case 'emphasis':
    case 'strong':
    case 'delete':
    case 'linkReference':
      return node.children.map(inlineOf).join('');
    default:
      return '';
  }
}
