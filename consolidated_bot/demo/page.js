"use strict";
// Texts are set as text, never as markup: what a user writes is shown, not run.
const people = [
  { title: "Ann (English)", user: { user_id: 1001, first_name: "Ann", language_code: "en" } },
  { title: "Борис (русский)", user: { user_id: 1002, first_name: "Борис", language_code: "ru" } },
  { title: "Operations, as Agnes", chat: -1000000000001,
    user: { user_id: 2001, first_name: "Agnes", language_code: "en" } },
];
const chats = new Map();
const notice = document.getElementById("notice");

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) notice.textContent = (await answer.json()).error;
  return answer;
}

class Chat {
  constructor(person) {
    this.person = person;
    this.id = person.chat ?? person.user.user_id;
    this.items = new Map();
    this.replyTo = null;
    this.section = document.getElementById("chat").content.cloneNode(true).firstElementChild;
    this.section.querySelector("h2").textContent = person.title;
    this.list = this.section.querySelector("ol");
    const input = this.section.querySelector("input");
    this.section.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value) this.write(input.value);
      input.value = "";
    });
    document.getElementById("chats").append(this.section);
  }

  async write(text) {
    await post("texts", { user: this.person.user, text, chat_id: this.person.chat ?? null,
                          reply_to_message_id: this.replyTo });
    const item = document.createElement("li");
    item.className = "mine";
    item.textContent = text;
    this.list.append(item);
    item.scrollIntoView();
    this.choose(null);
  }

  choose(messageId) {
    this.items.get(this.replyTo)?.classList.remove("chosen");
    this.replyTo = messageId;
    this.items.get(messageId)?.classList.add("chosen");
    this.section.querySelector(".target").textContent =
      messageId === null ? "" : "Your next message answers the chosen one.";
  }

  show(event) {
    if (event.kind === "deleted") return this.items.get(event.message_id)?.remove();
    if (event.kind !== "message" && event.kind !== "edited") return;
    let item = this.items.get(event.message_id);
    if (!item) {
      item = document.createElement("li");
      this.items.set(event.message_id, item);
      this.list.append(item);
      item.addEventListener("click", () => this.choose(event.message_id));
    }
    item.textContent = event.text;
    if (event.kind === "edited") {
      item.append(Object.assign(document.createElement("small"), { textContent: "edited" }));
    }
    const row = document.createElement("div");
    for (const button of event.buttons.filter((each) => each.data)) {
      const press = document.createElement("button");
      press.textContent = button.text;
      press.addEventListener("click", (click) => {
        click.stopPropagation();
        post("presses", { user: this.person.user, message_id: event.message_id,
                          callback_data: button.data, chat_id: this.person.chat ?? null });
      });
      row.append(press);
    }
    item.append(row);
    item.scrollIntoView();
  }
}

async function follow() {
  let after = 0;
  for (;;) {
    try {
      const answer = await (await fetch(`events?after=${after}`)).json();
      for (const event of answer.events) chats.get(event.chat_id)?.show(event);
      after = answer.last_seq;
    } catch {
      notice.textContent = "The demo has ended.";
      return;
    }
  }
}

for (const person of people) {
  const chat = new Chat(person);
  chats.set(chat.id, chat);
}
document.getElementById("kill").addEventListener("click", async () => {
  notice.textContent = (await post("kill", {})).ok
    ? "Killed. It takes up where it was as soon as it has started." : "";
});
follow();
