"""What the sandbox LMS keeps. Its own SQLite file; the words are LTI's."""

import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models


def token() -> str:
    return secrets.token_urlsafe(24)


class Mode(models.TextChoices):
    STRICT = "strict", "Strict 1EdTech"
    MOODLE = "moodle", "Like Moodle 4.5"
    CANVAS = "canvas", "Like Canvas"


class Storage(models.TextChoices):
    """How the storage that a course page lends to tools behaves; all but the first three are faults, for tests."""

    NONE = "none", "Not offered"
    PARENT = "parent", "The course page answers"
    FRAME = "frame", "A frame beside the tool's answers"
    SILENT = "silent", "Offered, but nobody answers"
    ERROR = "error", "Every answer is an error"
    WRONG = "wrong", "Another origin answers"


class Role(models.TextChoices):
    LEARNER = "learner", "Student"
    INSTRUCTOR = "instructor", "Teacher"
    ASSISTANT = "assistant", "Teaching assistant"
    ADMINISTRATOR = "administrator", "Administrator"


class Grading(models.TextChoices):
    POINTS = "points", "Points"
    PASS_FAIL = "pass_fail", "Pass or fail"


class Row(models.Model):
    """A row of this LMS. The label stands here so that checkers may read the models without the sandbox installed."""

    class Meta:
        abstract = True
        app_label = "sandbox_lms"

    def __str__(self) -> str:
        return f"{type(self).__name__} {self.pk}"


class State(Row):
    """One row: what the tests turn. `clock_offset` in seconds."""

    clock_offset = models.FloatField(default=0)


class PlatformKey(Row):
    """An RSA key of this platform. The newest signs; all rows are published."""

    kid = models.CharField(max_length=40, unique=True, default=token)
    private_pem = models.TextField()


class Tool(Row):
    """A tool registered here (LTI 1.3: client). `mode` is how its token requests are judged."""

    client_id = models.CharField(max_length=100, unique=True)
    deployment_id = models.CharField(max_length=100, default="1")
    name = models.CharField(max_length=200, default="Assay")
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STRICT)
    login_url = models.URLField()
    redirect_uris = models.JSONField(default=list)
    jwks_url = models.URLField()
    target_link_uri = models.URLField(max_length=1000)
    scopes = models.JSONField(default=list)
    jwks = models.JSONField(default=dict)
    jwks_fetched_at = models.DateTimeField(null=True)
    custom = models.JSONField(default=dict, help_text="custom parameters of every launch")
    deep_linking_url = models.URLField(max_length=1000, blank=True, help_text="empty: target_link_uri")
    active = models.BooleanField(default=True, help_text="registered by itself: after the administrator's yes")
    claims = models.JSONField(null=True, help_text="what it asked for about people; null: everything")

    @property
    def issuer(self) -> str:
        """Who signs for this registration. All schools of the Canvas kind share one issuer."""
        return settings.CANVAS_ISSUER if self.mode == Mode.CANVAS else settings.SANDBOX_URL

    @property
    def origin(self) -> str:
        parts = urlsplit(self.login_url)
        return f"{parts.scheme}://{parts.netloc}"


class Invitation(Row):
    """Leave for one tool to register itself, within an hour. `scopes` cuts what it asks for; null leaves it."""

    jti = models.CharField(max_length=64, unique=True, default=token)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STRICT)
    account = models.CharField(max_length=100, blank=True, help_text="the school (Canvas)")
    scopes = models.JSONField(null=True)
    names_deployment = models.BooleanField(default=True, help_text="the answer names the deployment")
    tool = models.ForeignKey(Tool, models.SET_NULL, null=True)
    configuration = models.JSONField(default=dict, help_text="what the tool said about itself")
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Person(Row):
    """Someone who can sign in by a click. The primary key is `sub`: a number, as Moodle has it."""

    username = models.CharField(max_length=100, unique=True)
    given_name = models.CharField(max_length=200, blank=True)
    family_name = models.CharField(max_length=200, blank=True)
    email = models.CharField(max_length=254, blank=True)
    locale = models.CharField(max_length=20, default="en")
    about = models.CharField(max_length=200, blank=True)
    is_admin = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False, help_text="the teacher's student view")
    featured = models.BooleanField(default=False, help_text="offered on the front page")

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}".strip() or self.username

    @property
    def initials(self) -> str:
        letters = [part[0] for part in (self.given_name, self.family_name) if part and part[0].isalpha()]
        return "".join(letters).upper() or self.username[:1].upper()

    @property
    def hue(self) -> int:
        """Which of the six colours of the style sheet stands for this person or course."""
        return self.pk % 6


class Course(Row):
    """A context. `share_*` say what a launch and the roster tell the tool about people.

    `account` is the school this course belongs to, where several share the LMS; it names the platform's guid.
    """

    title = models.CharField(max_length=200)
    label = models.CharField(max_length=50)
    about = models.CharField(max_length=300, blank=True)
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.STRICT)
    share_name = models.BooleanField(default=True)
    share_email = models.BooleanField(default=True)
    nrps_page = models.PositiveIntegerField(default=50, help_text="most members in one answer (strict)")
    storage = models.CharField(
        max_length=10, choices=Storage.choices, blank=True, help_text="empty: as its mode has it"
    )
    overrides = models.JSONField(default=dict, help_text="for tests: what every launch of the course says otherwise")
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="copies")
    account = models.CharField(max_length=100, blank=True)
    deployment_id = models.CharField(max_length=100, blank=True, help_text="empty: the tool's own")
    concluded = models.BooleanField(default=False)
    public = models.BooleanField(default=False, help_text="open to guests who are not signed in (Canvas)")

    @property
    def admits_guests(self) -> bool:
        return self.public and self.mode == Mode.CANVAS

    @property
    def school(self) -> str:
        return self.account or "Sandbox University"

    @property
    def hue(self) -> int:
        return self.pk % 6


class Enrolment(Row):
    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        REMOVED = "removed", "Not enrolled"

    course = models.ForeignKey(Course, models.CASCADE, related_name="enrolments")
    person = models.ForeignKey(Person, models.CASCADE, related_name="enrolments")
    role = models.CharField(max_length=15, choices=Role.choices, default=Role.LEARNER)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)

    class Meta(Row.Meta):
        constraints = [models.UniqueConstraint(fields=["course", "person"], name="one_enrolment")]


class Activity(Row):
    """A resource link: one place in a course that opens the tool."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="activities")
    tool = models.ForeignKey(Tool, models.CASCADE)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    target_link_uri = models.URLField(max_length=1000)
    custom = models.JSONField(default=dict)
    document_target = models.CharField(max_length=10, default="iframe")
    copied_from = models.ForeignKey("self", models.SET_NULL, null=True, related_name="copies")
    deleted_at = models.DateTimeField(
        null=True, help_text="gone for people; its column until the housekeeping (Moodle)"
    )
    extra = models.JSONField(default=dict, help_text="what else the tool said: available, submission, iframe, window")


class LineItem(Row):
    """A gradebook column. `own` is false for the column that came with an activity.

    `published`, `allowed_attempts` (null: any number) and `grading_type` apply in Canvas mode only. `extra` keeps
    what else the tool sent.
    """

    course = models.ForeignKey(Course, models.CASCADE, related_name="line_items")
    tool = models.ForeignKey(Tool, models.CASCADE)
    activity = models.ForeignKey(Activity, models.SET_NULL, null=True, related_name="line_items")
    label = models.CharField(max_length=255)
    score_maximum = models.FloatField(default=100)
    resource_id = models.CharField(max_length=255, blank=True)
    tag = models.CharField(max_length=255, blank=True)
    own = models.BooleanField(default=False, help_text="made by the tool")
    extra = models.JSONField(default=dict)
    published = models.BooleanField(default=True)
    allowed_attempts = models.PositiveIntegerField(null=True, blank=True)
    grading_type = models.CharField(max_length=10, choices=Grading.choices, default=Grading.POINTS)

    @property
    def assignment(self) -> "LineItem":
        """The column that stands for the whole assignment: the first one of the link, else this one (Canvas)."""
        first = (
            LineItem.objects.filter(activity_id=self.activity_id).order_by("pk").first() if self.activity_id else None
        )
        return self if first is None or first.pk == self.pk else first

    @property
    def url(self) -> str:
        if self.course.mode == Mode.MOODLE:
            base = f"{settings.SANDBOX_URL}/mod/lti/services.php/{self.course_id}"
            return f"{base}/lineitems/{self.pk}/lineitem?type_id={self.tool_id}"
        if self.course.mode == Mode.CANVAS:
            return f"{settings.SANDBOX_URL}/api/lti/courses/{self.course_id}/line_items/{self.pk}"
        return f"{settings.SANDBOX_URL}/lti/courses/{self.course_id}/lineitems/{self.pk}"

    @property
    def results_url(self) -> str:
        """Where results are read; before the query, if there is one."""
        path, mark, query = self.url.partition("?")
        return f"{path}/results{mark}{query}"


class Grade(Row):
    """What the gradebook shows: `raw` as the tool sent it, `final` after clamping or a teacher's override.

    `timestamp` is the time the next score must not be older than; null once a grade was cleared. In Canvas mode the row
    is a result (`raw` of `raw_maximum`, both as sent) and a submission (`final`, `attempt`, `comments` and the rest).
    """

    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="grades")
    person = models.ForeignKey(Person, models.CASCADE, related_name="grades")
    raw = models.FloatField(null=True)
    final = models.FloatField(null=True)
    comment = models.TextField(blank=True)
    activity_progress = models.CharField(max_length=100, blank=True)
    grading_progress = models.CharField(max_length=100, blank=True)
    timestamp = models.DateTimeField(null=True)
    submitted_at = models.CharField(max_length=40, blank=True)
    overridden = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    raw_maximum = models.FloatField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    comments = models.JSONField(default=list, help_text="texts of the tool, oldest first")
    submission_type = models.CharField(max_length=30, blank=True)
    submission_url = models.CharField(max_length=1000, blank=True)

    class Meta(Row.Meta):
        constraints = [models.UniqueConstraint(fields=["line_item", "person"], name="one_grade")]

    @property
    def needs_review(self) -> bool:
        """A person has yet to look at it (Canvas)."""
        return self.grading_progress == "PendingManual" and self.activity_progress in ("Submitted", "Completed")


class HistoryEntry(Row):
    """One thing that happened to a grade, or was refused. Never changed afterwards."""

    line_item = models.ForeignKey(LineItem, models.SET_NULL, null=True, related_name="history")
    course = models.ForeignKey(Course, models.CASCADE, related_name="history")
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="history")
    user_id = models.CharField(max_length=255, blank=True, help_text="as it came over the wire")
    source = models.CharField(max_length=255)
    at = models.DateTimeField()
    accepted = models.BooleanField()
    status = models.PositiveIntegerField(null=True)
    verdict = models.CharField(max_length=1100)
    body = models.TextField(blank=True)
    score_given = models.FloatField(null=True)
    score_maximum = models.FloatField(null=True)
    final = models.FloatField(null=True)
    comment = models.TextField(blank=True)
    activity_progress = models.CharField(max_length=100, blank=True)
    grading_progress = models.CharField(max_length=100, blank=True)
    timestamp = models.CharField(max_length=100, blank=True, help_text="as it came over the wire")

    class Meta(Row.Meta):
        indexes = [models.Index(fields=["line_item", "person", "id"], name="history_of_grade")]


class Launch(Row):
    """A message under way. `hint` travels in lti_message_hint and names it; single use in Moodle and Canvas mode.

    It is bound to the browser session that began it, so authorization needs no cookie: a frame whose navigation
    began at the tool's site is not sent our SameSite=Lax cookie.
    """

    hint = models.CharField(max_length=64, unique=True, default=token)
    session_key = models.CharField(max_length=40)
    message = models.CharField(max_length=50, default="LtiResourceLinkRequest")
    person = models.ForeignKey(Person, models.CASCADE, null=True, help_text="null: a guest in a public course")
    tool = models.ForeignKey(Tool, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    activity = models.ForeignKey(Activity, models.CASCADE, null=True)
    line_item = models.ForeignKey(LineItem, models.CASCADE, null=True, help_text="whose grade is reviewed")
    for_person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+", help_text="whose work or data")
    target_link_uri = models.CharField(max_length=1000)
    document_target = models.CharField(max_length=10, default="iframe")
    settings = models.JSONField(default=dict, help_text="of this message: the deep linking settings")
    overrides = models.JSONField(default=dict, help_text="for tests: claims, without, error, error_description")
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class Selection(Row):
    """What a tool sent back from deep linking. `why` says why it was refused; `activities` what was made of it."""

    class State(models.TextChoices):
        REFUSED = "refused", "Refused"
        RETURNED = "returned", "Waiting for the teacher"
        ADDED = "added", "Added"
        CANCELLED = "cancelled", "Cancelled"

    launch = models.ForeignKey(Launch, models.CASCADE, related_name="selections")
    state = models.CharField(max_length=10, choices=State.choices, default=State.RETURNED)
    why = models.CharField(max_length=500, blank=True)
    nonce = models.CharField(max_length=255, blank=True)
    items = models.JSONField(default=list)
    said = models.JSONField(default=dict, help_text="msg, errormsg, log, errorlog")
    activities = models.JSONField(default=list)
    at = models.DateTimeField()
