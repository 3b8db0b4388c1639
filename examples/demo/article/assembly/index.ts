/** Puts the outputs of the steps before it together; they stand in the state, two of them under other names than their steps gave. */
import { json, request, response } from 'perigee';

export function run(): string {
  response.setType('application/json');
  return (
    '{"author":' +
    json.quote(request.param('author')) +
    ',"slug":' +
    json.quote(request.state('slug')) +
    // This one is JSON already.
    ',"statistics":' +
    request.state('statistics') +
    ',"html":' +
    json.quote(request.state('content')) +
    ',"thanks":' +
    json.quote(request.state('thanks')) +
    '}\n'
  );
}
