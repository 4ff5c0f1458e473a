import django.core.validators
import django.db.models.deletion
import roster.ids
from assessment.migrations._triggers import TRIGGERS
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('content', '0001_initial'),
        ('lti', '0001_initial'),
        ('roster', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('opens_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, help_text='Said to learners; nothing closes by it.', null=True)),
                ('closes_at', models.DateTimeField(blank=True, help_text='No attempt is begun after it.', null=True)),
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('opens', models.CharField(choices=[('both', 'the lesson and the check'), ('check', 'the check only')], default='both', max_length=16)),
                ('title', models.CharField(max_length=500)),
                ('named', models.CharField(default='', editable=False, help_text='What the LMS named for the link when we last followed it.', max_length=500)),
                ('named_at', models.DateTimeField(editable=False, help_text='When it did so first.', null=True)),
                ('max_attempts', models.PositiveIntegerField(blank=True, help_text='Leave empty for unlimited.', null=True)),
                ('counts', models.CharField(choices=[('highest', 'Highest'), ('latest', 'Latest'), ('first', 'First')], default='highest', max_length=16)),
                ('feedback', models.CharField(choices=[('after_submit', 'with the result'), ('never', 'score only')], default='after_submit', max_length=16)),
                ('while_waiting', models.CharField(choices=[('marked_part', 'the part already marked'), ('nothing', 'nothing until final')], default='marked_part', max_length=16)),
                ('pass_percent', models.PositiveSmallIntegerField(blank=True, help_text='For a gradebook column that knows only complete and incomplete: from here on it is complete.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)])),
                ('grades_due', models.BooleanField(default=False, editable=False, help_text='The policy changed: its grades wait to be worked out again.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('course', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='roster.course')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
                ('quiz', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='content.quiz')),
                ('resource_link', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='assignment', to='lti.resourcelink')),
            ],
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(default=1)),
                ('preview', models.BooleanField(default=False, help_text='By a teacher or test user; stays out of everything.')),
                ('key_hash', models.CharField(help_text='Practice: SHA-256 of its address.', max_length=64, null=True, unique=True)),
                ('state', models.CharField(choices=[('in_progress', 'in progress'), ('submitted', 'Submitted'), ('needs_review', 'waiting for review'), ('marked', 'Marked')], default='in_progress', max_length=16)),
                ('started_at', models.DateTimeField()),
                ('submitted_at', models.DateTimeField(blank=True, null=True)),
                ('marked_at', models.DateTimeField(blank=True, null=True)),
                ('mark_tries', models.PositiveIntegerField(default=0, help_text='How often the sweeper took it up.')),
                ('mark_after', models.DateTimeField(blank=True, help_text='The sweeper leaves it alone until then.', null=True)),
                ('items_total', models.PositiveIntegerField()),
                ('items_marked', models.PositiveIntegerField(default=0)),
                ('points', models.DecimalField(decimal_places=3, default=0, max_digits=10)),
                ('points_waiting', models.DecimalField(decimal_places=3, default=0, max_digits=10)),
                ('points_max', models.DecimalField(decimal_places=3, max_digits=10)),
                ('counted', models.JSONField(help_text='What statistics hold of this attempt.', null=True)),
                ('assignment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='assessment.assignment')),
                ('institution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='roster.person')),
                ('quiz_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='content.quizversion')),
            ],
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('erased', models.JSONField(help_text='Rows by kind.')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(help_text="Empty: the person asked for it.", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='roster.person')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
            ],
        ),
        migrations.CreateModel(
            name='ForgottenAttempt',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(help_text='1: it counts among first attempts too.')),
                ('counted', models.JSONField()),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forgotten', to='assessment.assignment')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
                ('quiz_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='content.quizversion')),
            ],
        ),
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('points', models.DecimalField(decimal_places=3, max_digits=10)),
                ('points_max', models.DecimalField(decimal_places=3, max_digits=10)),
                ('state', models.CharField(choices=[('provisional', 'Provisional'), ('final', 'Final')], max_length=16)),
                ('updated_at', models.DateTimeField()),
                ('unsent_at', models.DateTimeField(blank=True, editable=False, help_text='When a score was due and the LMS offered no column for it.', null=True)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grades', to='assessment.assignment')),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='assessment.attempt')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grades', to='roster.person')),
            ],
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('opens_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, help_text='Said to learners; nothing closes by it.', null=True)),
                ('closes_at', models.DateTimeField(blank=True, help_text='No attempt is begun after it.', null=True)),
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('opens', models.CharField(choices=[('both', 'the lesson and the check'), ('check', 'the check only'), ('lesson', 'the lesson only')], default='both', max_length=16)),
                ('title', models.CharField(max_length=255)),
                ('points', models.DecimalField(decimal_places=3, help_text='Of the gradebook column.', max_digits=10, null=True)),
                ('max_attempts', models.PositiveIntegerField(blank=True, null=True)),
                ('counts', models.CharField(choices=[('highest', 'Highest'), ('latest', 'Latest'), ('first', 'First')], default='highest', max_length=16)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('context', models.ForeignKey(help_text='Where the dates hold.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='placements', to='lti.context')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='roster.person')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
                ('lesson', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='content.lesson')),
                ('quiz', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='content.quiz')),
            ],
        ),
        migrations.AddField(
            model_name='assignment',
            name='placement',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='assignments', to='assessment.placement'),
        ),
        migrations.CreateModel(
            name='PracticeClient',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('client', models.CharField(max_length=64)),
                ('hour', models.DateTimeField(db_index=True)),
                ('begun', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('client', 'hour'), name='one_count_per_client_and_hour')],
            },
        ),
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('answer', models.JSONField(default=dict)),
                ('seq', models.PositiveIntegerField(default=0, help_text='Grows with every change the learner makes.')),
                ('saved_at', models.DateTimeField()),
                ('checked_at', models.DateTimeField(blank=True, help_text='Practice: when feedback was asked for.', null=True)),
                ('waiting', models.BooleanField(default=False, help_text='Submitted and not marked yet by a person.')),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='responses', to='assessment.attempt')),
                ('item_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='content.itemversion')),
            ],
        ),
        migrations.CreateModel(
            name='Mark',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('points', models.DecimalField(decimal_places=3, max_digits=8)),
                ('by', models.CharField(choices=[('rule', 'Rule'), ('suggestion', 'Suggestion'), ('person', 'Person')], max_length=16)),
                ('tier', models.CharField(max_length=32)),
                ('evidence', models.JSONField(default=dict)),
                ('note', models.TextField(blank=True, help_text='To the learner.')),
                ('created_at', models.DateTimeField()),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='roster.person')),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='assessment.response')),
            ],
        ),
        migrations.CreateModel(
            name='StatisticsDelta',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('population', models.CharField(choices=[('first', 'first attempt of each learner'), ('all', 'all attempts')], max_length=8)),
                ('sign', models.SmallIntegerField()),
                ('counted', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='assessment.assignment')),
                ('quiz_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='content.quizversion')),
            ],
        ),
        migrations.CreateModel(
            name='StatisticsRow',
            fields=[
                ('id', models.UUIDField(default=roster.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('population', models.CharField(choices=[('first', 'first attempt of each learner'), ('all', 'all attempts')], max_length=8)),
                ('n', models.BigIntegerField(default=0)),
                ('complete', models.BigIntegerField(default=0, help_text='Attempts in which nothing waits for a person.')),
                ('in_total', models.BigIntegerField(default=0, help_text='Attempts whose machine-marked total has this item.')),
                ('x', models.DecimalField(decimal_places=6, default=0, help_text='Sum of points.', max_digits=24)),
                ('xx', models.DecimalField(decimal_places=6, default=0, help_text='Sum of squared points.', max_digits=30)),
                ('r', models.DecimalField(decimal_places=6, default=0, help_text='Sum of rests.', max_digits=24)),
                ('rr', models.DecimalField(decimal_places=6, default=0, help_text='Sum of squared rests.', max_digits=30)),
                ('xr', models.DecimalField(decimal_places=6, default=0, help_text='Sum of points times rest.', max_digits=30)),
                ('counts', models.JSONField(default=dict)),
                ('counted', models.JSONField(default=dict)),
                ('folded_at', models.DateTimeField()),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='statistics', to='assessment.assignment')),
                ('institution', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='roster.institution')),
                ('item_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='content.itemversion')),
                ('quiz_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='content.quizversion')),
            ],
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('state', 'submitted')), fields=['submitted_at'], name='attempt_unmarked'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(fields=['institution', 'id'], name='attempt_of_institution'),
        ),
        migrations.AddIndex(
            model_name='attempt',
            index=models.Index(condition=models.Q(('assignment__isnull', True)), fields=['started_at'], name='attempt_practice'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(fields=('assignment', 'person', 'preview', 'number'), name='attempt_number'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'in_progress')), fields=('assignment', 'person', 'preview'), name='one_open_attempt'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('assignment__isnull', True), ('institution__isnull', True), ('person__isnull', True)), models.Q(('assignment__isnull', False), ('institution__isnull', False), ('person__isnull', False)), _connector='OR'), name='attempt_is_practice_or_owned'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'in_progress'), ('submitted_at__isnull', False), _connector='OR'), name='submitted_attempt_has_time'),
        ),
        migrations.AddConstraint(
            model_name='attempt',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 0), ('points__lte', models.F('points_max'))), name='attempt_points_in_range'),
        ),
        migrations.AddIndex(
            model_name='grade',
            index=models.Index(condition=models.Q(('unsent_at__isnull', False)), fields=['assignment'], name='grade_unsent'),
        ),
        migrations.AddIndex(
            model_name='grade',
            index=models.Index(fields=['institution', 'id'], name='grade_of_institution'),
        ),
        migrations.AddIndex(
            model_name='grade',
            index=models.Index(fields=['institution', 'updated_at'], name='grade_updated'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.UniqueConstraint(fields=('assignment', 'person'), name='one_grade_per_person'),
        ),
        migrations.AddConstraint(
            model_name='grade',
            constraint=models.CheckConstraint(condition=models.Q(('points_max__gt', 0)), name='grade_maximum_positive'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('quiz__isnull', False), models.Q(('lesson__isnull', False), ('opens', 'lesson')), _connector='OR'), name='placement_has_content'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('grades_due', True)), fields=['id'], name='assignment_grades_due'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(condition=models.Q(('waiting', True)), fields=['attempt'], name='response_waiting'),
        ),
        migrations.AddConstraint(
            model_name='response',
            constraint=models.UniqueConstraint(fields=('attempt', 'item_version'), name='one_response_per_item'),
        ),
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.UniqueConstraint(condition=models.Q(('by', 'rule')), fields=('response',), name='one_rule_mark_per_response'),
        ),
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.CheckConstraint(condition=models.Q(('points__gte', 0)), name='mark_points_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='mark',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('by', 'person'), _negated=True), ('person__isnull', False), _connector='OR'), name='mark_by_person_names_person'),
        ),
        migrations.AddConstraint(
            model_name='statisticsrow',
            constraint=models.UniqueConstraint(condition=models.Q(('item_version__isnull', False)), fields=('assignment', 'quiz_version', 'population', 'item_version'), name='one_statistics_row_per_item'),
        ),
        migrations.AddConstraint(
            model_name='statisticsrow',
            constraint=models.UniqueConstraint(condition=models.Q(('item_version__isnull', True)), fields=('assignment', 'quiz_version', 'population'), name='one_statistics_row_of_totals'),
        ),
        *TRIGGERS,
    ]
