// Shows the notifications of the page: Android's browsers let nobody but a service worker do that. It
// listens to no fetch, and no page is in its scope. So it can keep nothing, and each page is the server's.

/** A page notifies, in place of what it said before; without a title, somebody looks at it again. */
addEventListener("message", event => {
  const {data: {title, body}, source: {id}} = event;
  event.waitUntil(title ? registration.showNotification(title, {body, tag: id, renotify: true}) : take(id));
});

async function take(tag) {
  for (const each of await registration.getNotifications({tag})) each.close();
}

/** The tab that has notified comes to the front; where it is gone, another one, or a new one. */
addEventListener("notificationclick", event => {
  event.notification.close();
  event.waitUntil(show(event.notification.tag));
});

async function show(id) {
  const others = await clients.matchAll({type: "window", includeUncontrolled: true});
  const page = others.find(each => each.id === id) || others[0];
  return page ? page.focus() : clients.openWindow("/");
}
