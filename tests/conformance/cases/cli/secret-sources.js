//! rule: engine 8.2 secrets: sources, which is the default one, and what was fetched is redacted in every log line
//! case: mock
//! run: --secret-source=mock=word=sesame
//! log: it is ***SECRET_REDACTED***
//! log: 6 letters
//! no log: sesame
//! case: a file
//! run: --secret-source=file=secrets.env
//! log: it is ***SECRET_REDACTED***
//! no log: is open
//! case: by the environment
//! env: K6_SECRET_SOURCE=mock=word=sesame
//! log: 6 letters
//! case: behind a URL, asked once for all VUs, and no request of the load
//! env: K6_SECRET_SOURCE=url=urlTemplate=http://$WIRE/reply?HTTP/1.1%20200%20OK%0D%0Acontent-length:%2017%0D%0A%0D%0A{"{key}":"sesame"},responsePath=word,headers.X-Token=t
//! run: --vus 3 --iterations 3
//! log: x3 6 letters
//! no log: sesame
//! wire: x1 GET /reply
//! wire: x-token: t
//! no out: http_reqs
//! case: a URL that answers with an error
//! env: K6_SECRET_SOURCE=url=urlTemplate=http://$WIRE/reply?HTTP/1.1%20403%20No%0D%0Acontent-length:%200%0D%0A%0D%0A{key}
//! log: cannot fetch the secret 'word': the service answered 403 Forbidden
//! case: a service that never answers does not hold up the end
//! env: K6_SECRET_SOURCE=url=urlTemplate=http://$WIRE/hang?{key}
//! signal: INT after asks
//! exit: 105
//! took: <10
//! case: no URL
//! run: --secret-source=url=urlTemplate={key}
//! exit: 255
//! case: of two the default one
//! run: --secret-source=mock=name=a,word=no --secret-source=mock=name=b,default,word=sesame
//! log: 6 letters
//! case: none
//! log: no secret sources are configured
//! case: k6 cloud's
//! run: --secret-source=cloud
//! exit: 104
import secrets from 'k6/secrets';
export default async function () {
  console.log('asks');
  const word = await secrets.get('word');
  console.log(`it is ${word}`);
  console.log(`${word.length} letters`);
}
//@ file: secrets.env
word=open
