"""A client of the sandbox for tests: its control API, and launches without a browser. Needs only `requests`."""

from html.parser import HTMLParser
from typing import Any

import requests

Json = dict[str, Any]
CANVAS_ISSUER = "https://canvas.sandbox.example"


class _Form(HTMLParser):
    """The first form of a page: where it posts and its named inputs."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = found.get("action", "")
        elif tag == "input" and found.get("name"):
            self.fields[found["name"]] = found.get("value", "")


class SandboxClient:
    """Speaks to a sandbox started with SANDBOX_CONTROL=1. Ids are numbers; a failed call raises ValueError."""

    def __init__(self, url: str, timeout: float = 20) -> None:
        self.url, self.timeout = url.rstrip("/"), timeout
        self.http = requests.Session()

    def post(self, path: str, body: Any = None) -> Any:
        return self._read(self.http.post(f"{self.url}/control/{path}", json=body or {}, timeout=self.timeout))

    def get(self, path: str, **query: Any) -> Any:
        return self._read(self.http.get(f"{self.url}/control/{path}", params=query, timeout=self.timeout))

    @staticmethod
    def _read(answer: requests.Response) -> Any:
        if not answer.ok:
            raise ValueError(f"{answer.status_code} {answer.text[:500]}")
        return answer.json()

    def register_tool(self, **tool: Any) -> Json:
        found: Json = self.post("tools", tool)
        return found

    def create_course(self, title: str = "Course", mode: str = "strict", **more: Any) -> int:
        return int(self.post("courses", {"title": title, "mode": mode, **more})["id"])

    def change_course(self, course: int, **values: Any) -> None:
        """mode, concluded, public, account, deployment_id, share_name, share_email, nrps_page, title."""
        self.post("courses", {"course": course, **values})

    def change_column(self, line_item: int, **values: Any) -> None:
        """published, allowed_attempts (None: any number), grading_type (`points` or `pass_fail`), label."""
        self.post("columns", {"line_item": line_item, **values})

    def set_throttle(self, **limits: float) -> Json:
        """high_water, maximum, outflow (a second), up_front, cost; none sets Canvas's own. Buckets are emptied."""
        found: Json = self.post("throttle", limits)
        return found

    def add_person(self, username: str, *, course: int | None = None, role: str = "learner", **more: Any) -> int:
        person = int(self.post("people", {"username": username, **more})["id"])
        if course is not None:
            self.enrol(course, person, role=role)
        return person

    def add_people(self, people: list[Json], *, course: int | None = None) -> list[int]:
        ids: list[int] = self.post("people", people)["ids"]
        if course is not None:
            self.post("enrolments", {"course": course, "people": ids})
        return ids

    def enrol(self, course: int, person: int, *, role: str = "learner", status: str = "active") -> None:
        self.post("enrolments", {"course": course, "person": person, "role": role, "status": status})

    def unenrol(self, course: int, person: int) -> None:
        self.enrol(course, person, status="removed")

    def add_activity(self, course: int, title: str = "Activity", **more: Any) -> Json:
        """{id, line_item, url} of the new activity; `maximum=None` gives it no gradebook column."""
        found: Json = self.post("activities", {"course": course, "title": title, **more})
        return found

    def set_grade(self, line_item: int, person: int, action: str = "override", **more: Any) -> Json:
        found: Json = self.post("grades", {"line_item": line_item, "person": person, "action": action, **more})
        return found

    def gradebook(self, course: int) -> list[Json]:
        found: list[Json] = self.get("gradebook", course=course)
        return found

    def grade(self, line_item: int, person: int, course: int) -> Json | None:
        """One grade, or None while there is none."""
        places = (row for row in self.gradebook(course) if (row["line_item"], row["person"]) == (line_item, person))
        return next(places, None)

    def history(self, course: int, person: int | None = None) -> list[Json]:
        found: list[Json] = self.get("history", course=course, **({"person": person} if person else {}))
        return found

    def request_log(self, endpoint: str = "") -> list[Json]:
        found: list[Json] = self.get("requests", endpoint=endpoint)
        return found

    def fault(self, endpoint: str, kind: str = "status", **more: Any) -> None:
        self.post("faults", {"endpoint": endpoint, "kind": kind, **more})

    def clear_faults(self, endpoint: str = "") -> None:
        self.post("faults/clear", {"endpoint": endpoint})

    def turn_clock(self, offset: float) -> None:
        self.post("clock", {"offset": offset})

    def rotate_keys(self, *, keep_old: bool = True) -> str:
        return str(self.post("keys/rotate", {"keep_old": keep_old})["kid"])

    def revoke_tokens(self) -> None:
        self.post("tokens/revoke")

    def start_launch(self, person: int | None, activity: int, **more: Any) -> Json:
        """{url, params, cookie}: what a browser would post to the tool's login. No person: a guest.

        `more` may hold target, for_person, line_item, and overrides: claims, without, error, error_description.
        """
        found: Json = self.post("launch", {"person": person, "activity": activity, **more})
        return found

    def override(self, course: int, **overrides: Any) -> None:
        """Make every launch of this course odd: claims, without, error, error_description; nothing: as usual."""
        self.post("overrides", {"course": course, **overrides})

    def launch(
        self, person: int | None, activity: int, session: requests.Session | None = None, **more: Any
    ) -> requests.Response:
        """Launch as a browser would and return the tool's page.

        Launch form -> tool's login -> 302 -> authorization -> form post -> tool's launch -> 303 -> page. Cookies that
        the tool sets stay in `session`, so a second launch can be made by the same browser.
        """
        return self.follow(self.start_launch(person, activity, **more), session)

    def follow(self, start: Json, session: requests.Session | None = None) -> requests.Response:
        """From what `start_launch` or another start gave to the tool's page."""
        browser = session or requests.Session()
        answer = self.log_in(start, browser)
        if not answer.is_redirect or not answer.headers["Location"].startswith(f"{self.url}/lti/authorize"):
            return answer
        answer = self.authorize(answer.headers["Location"], start, browser)
        form = _Form(answer.text)
        if not answer.ok or not {"id_token", "error"} & set(form.fields):
            return answer
        return browser.post(form.action, data=form.fields, timeout=self.timeout)

    def log_in(self, start: Json, browser: requests.Session) -> requests.Response:
        """The tool's answer to the launch form, not followed."""
        return browser.post(start["url"], data=start["params"], timeout=self.timeout, allow_redirects=False)

    def authorize(self, where: str, start: Json, browser: requests.Session) -> requests.Response:
        """The sandbox's answer at the address that the tool sent the browser to: a page with the signed form."""
        cookies = {start["cookie"]["name"]: start["cookie"]["value"]}
        return browser.get(where, timeout=self.timeout, cookies=cookies, allow_redirects=False)

    def start_deep_linking(self, person: int, course: int, **more: Any) -> Json:
        """{launch, return_url, settings, url, params, cookie} of a teacher's choice under way; `follow` opens it.

        `more` may hold client_id, settings (null leaves one out), placement (Canvas), target and overrides.
        """
        found: Json = self.post("deep_linking", {"person": person, "course": course, **more})
        return found

    def answer_deep_linking(self, return_url: str, jwt: str) -> requests.Response:
        """Post a tool's answer as its page would: 200 if it was taken, 400 with the reason on the page if not."""
        return requests.post(return_url, data={"JWT": jwt}, timeout=self.timeout)

    def selections(self, course: int) -> list[Json]:
        """What tools sent back: id, state, why, items [{item, problem}], said, activities."""
        found: list[Json] = self.get("selections", course=course)
        return found

    def add_selection(self, selection: int, **more: Any) -> list[Json]:
        """Add what came back, all or `items=[indexes]`, perhaps under a `title` and `maximum`.

        Returns [{id, line_item, url}] of the activities.
        """
        found: list[Json] = self.post("selections/add", {"selection": selection, **more})["activities"]
        return found

    def invite(self, mode: str = "strict", **more: Any) -> Json:
        """Leave for a tool to register itself: {id, openid_configuration, registration_token}.

        `more` may hold account, scopes (the most that are given), names_deployment, and the tool's registration
        `address`, which adds `url`: what the LMS would open in a frame.
        """
        found: Json = self.post("invitations", {"mode": mode, **more})
        return found

    def invitation(self, invitation: int) -> Json:
        """What became of it: used_at, configuration, tool (None, or its client_id, deployment_id, active, scopes)."""
        found: Json = self.get("invitations", id=invitation)
        return found

    def activate(self, invitation: int, **more: Any) -> None:
        """The administrator's yes, perhaps to some `scopes` only."""
        self.post("invitations/activate", {"id": invitation, **more})

    def copy_course(self, course: int, title: str = "Copy") -> Json:
        """{id, activities: {old id as text: new id}}."""
        found: Json = self.post("courses/copy", {"course": course, "title": title})
        return found

    def delete_activity(self, activity: int) -> None:
        """Gone for people at once; in Moodle mode its column stays until `run_cron`."""
        self.post("activities/delete", {"activity": activity})

    def run_cron(self) -> int:
        return int(self.post("cron")["deleted"])

    def start_privacy(self, person: int, course: int, about: int | None = None, **more: Any) -> Json:
        """What does the tool hold about `about` (oneself by default)? As `start_launch`; `follow` opens it."""
        found: Json = self.post("privacy", {"person": person, "course": course, "about": about, **more})
        return found

    def set_group(self, course: int, name: str, people: list[int], **more: Any) -> int:
        """A group of a course, perhaps in a `set` and with a `tag`; with `group` it changes that one."""
        place = {} if "group" in more else {"course": course}
        return int(self.post("groups", {**place, "name": name, "people": people, **more})["id"])

    def delete_group(self, group: int) -> None:
        self.post("groups/delete", {"group": group})


def form(page: str) -> tuple[str, dict[str, str]]:
    """Where the first form of a page posts, and its fields."""
    found = _Form(page)
    return found.action, found.fields
