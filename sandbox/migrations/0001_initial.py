import django.db.models.deletion
import sandbox.models
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Fault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('endpoint', models.CharField(max_length=20)),
                ('kind', models.CharField(max_length=20)),
                ('status', models.PositiveIntegerField(default=503)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.TextField(blank=True)),
                ('seconds', models.FloatField(default=0)),
                ('remaining', models.PositiveIntegerField(null=True)),
                ('rate', models.FloatField(default=1)),
                ('seed', models.IntegerField(default=0)),
                ('drawn', models.PositiveIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('username', models.CharField(max_length=100, unique=True)),
                ('given_name', models.CharField(blank=True, max_length=200)),
                ('family_name', models.CharField(blank=True, max_length=200)),
                ('email', models.CharField(blank=True, max_length=254)),
                ('locale', models.CharField(default='en', max_length=20)),
                ('about', models.CharField(blank=True, max_length=200)),
                ('is_admin', models.BooleanField(default=False)),
                ('is_test', models.BooleanField(default=False, help_text="the teacher's student view")),
                ('featured', models.BooleanField(default=False, help_text='offered on the front page')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='PlatformKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kid', models.CharField(default=sandbox.models.token, max_length=40, unique=True)),
                ('private_pem', models.TextField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RequestEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('method', models.CharField(max_length=10)),
                ('path', models.CharField(max_length=1000)),
                ('endpoint', models.CharField(max_length=20)),
                ('status', models.PositiveIntegerField(help_text='null: the connection was dropped', null=True)),
                ('fault', models.CharField(blank=True, max_length=20)),
                ('seconds', models.FloatField(default=0)),
                ('user_agent', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='State',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clock_offset', models.FloatField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Tool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_id', models.CharField(max_length=100, unique=True)),
                ('deployment_id', models.CharField(default='1', max_length=100)),
                ('name', models.CharField(default='Assay', max_length=200)),
                ('mode', models.CharField(choices=[('strict', 'Strict 1EdTech'), ('moodle', 'Like Moodle 4.5'), ('canvas', 'Like Canvas')], default='strict', max_length=10)),
                ('login_url', models.URLField()),
                ('redirect_uris', models.JSONField(default=list)),
                ('jwks_url', models.URLField()),
                ('target_link_uri', models.URLField(max_length=1000)),
                ('scopes', models.JSONField(default=list)),
                ('jwks', models.JSONField(default=dict)),
                ('jwks_fetched_at', models.DateTimeField(null=True)),
                ('custom', models.JSONField(default=dict, help_text='custom parameters of every launch')),
                ('deep_linking_url', models.URLField(blank=True, help_text='empty: target_link_uri', max_length=1000)),
                ('active', models.BooleanField(default=True, help_text="registered by itself: after the administrator's yes")),
                ('claims', models.JSONField(help_text='what it asked for about people; null: everything', null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Course',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=200)),
                ('label', models.CharField(max_length=50)),
                ('about', models.CharField(blank=True, max_length=300)),
                ('mode', models.CharField(choices=[('strict', 'Strict 1EdTech'), ('moodle', 'Like Moodle 4.5'), ('canvas', 'Like Canvas')], default='strict', max_length=10)),
                ('share_name', models.BooleanField(default=True)),
                ('share_email', models.BooleanField(default=True)),
                ('nrps_page', models.PositiveIntegerField(default=50, help_text='most members in one answer (strict)')),
                ('storage', models.CharField(blank=True, choices=[('none', 'Not offered'), ('parent', 'The course page answers'), ('frame', "A frame beside the tool's answers"), ('silent', 'Offered, but nobody answers'), ('error', 'Every answer is an error'), ('wrong', 'Another origin answers')], help_text='empty: as its mode has it', max_length=10)),
                ('overrides', models.JSONField(default=dict, help_text='for tests: what every launch of the course says otherwise')),
                ('account', models.CharField(blank=True, max_length=100)),
                ('deployment_id', models.CharField(blank=True, help_text="empty: the tool's own", max_length=100)),
                ('concluded', models.BooleanField(default=False)),
                ('public', models.BooleanField(default=False, help_text='open to guests who are not signed in (Canvas)')),
                ('copied_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='copies', to='sandbox_lms.course')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=255)),
                ('description', models.TextField(blank=True)),
                ('target_link_uri', models.URLField(max_length=1000)),
                ('custom', models.JSONField(default=dict)),
                ('document_target', models.CharField(default='iframe', max_length=10)),
                ('deleted_at', models.DateTimeField(help_text='gone for people; its column until the housekeeping (Moodle)', null=True)),
                ('extra', models.JSONField(default=dict, help_text='what else the tool said: available, submission, iframe, window')),
                ('copied_from', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='copies', to='sandbox_lms.activity')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='activities', to='sandbox_lms.course')),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.tool')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='GroupSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='group_sets', to='sandbox_lms.course')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LineItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=255)),
                ('score_maximum', models.FloatField(default=100)),
                ('resource_id', models.CharField(blank=True, max_length=255)),
                ('tag', models.CharField(blank=True, max_length=255)),
                ('own', models.BooleanField(default=False, help_text='made by the tool')),
                ('extra', models.JSONField(default=dict)),
                ('published', models.BooleanField(default=True)),
                ('allowed_attempts', models.PositiveIntegerField(blank=True, null=True)),
                ('grading_type', models.CharField(choices=[('points', 'Points'), ('pass_fail', 'Pass or fail')], default='points', max_length=10)),
                ('activity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='line_items', to='sandbox_lms.activity')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='line_items', to='sandbox_lms.course')),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.tool')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Launch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hint', models.CharField(default=sandbox.models.token, max_length=64, unique=True)),
                ('session_key', models.CharField(max_length=40)),
                ('message', models.CharField(default='LtiResourceLinkRequest', max_length=50)),
                ('target_link_uri', models.CharField(max_length=1000)),
                ('document_target', models.CharField(default='iframe', max_length=10)),
                ('settings', models.JSONField(default=dict, help_text='of this message: the deep linking settings')),
                ('overrides', models.JSONField(default=dict, help_text='for tests: claims, without, error, error_description')),
                ('created_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('activity', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.activity')),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.course')),
                ('line_item', models.ForeignKey(help_text='whose grade is reviewed', null=True, on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.lineitem')),
                ('for_person', models.ForeignKey(help_text='whose work or data', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sandbox_lms.person')),
                ('person', models.ForeignKey(help_text='null: a guest in a public course', null=True, on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.person')),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.tool')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Group',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200)),
                ('tag', models.CharField(blank=True, max_length=200)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='groups', to='sandbox_lms.course')),
                ('group_set', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.groupset')),
                ('people', models.ManyToManyField(related_name='groups', to='sandbox_lms.person')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Selection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('refused', 'Refused'), ('returned', 'Waiting for the teacher'), ('added', 'Added'), ('cancelled', 'Cancelled')], default='returned', max_length=10)),
                ('why', models.CharField(blank=True, max_length=500)),
                ('nonce', models.CharField(blank=True, max_length=255)),
                ('items', models.JSONField(default=list)),
                ('said', models.JSONField(default=dict, help_text='msg, errormsg, log, errorlog')),
                ('activities', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('launch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='selections', to='sandbox_lms.launch')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('jti', models.CharField(default=sandbox.models.token, max_length=64, unique=True)),
                ('mode', models.CharField(choices=[('strict', 'Strict 1EdTech'), ('moodle', 'Like Moodle 4.5'), ('canvas', 'Like Canvas')], default='strict', max_length=10)),
                ('account', models.CharField(blank=True, help_text='the school (Canvas)', max_length=100)),
                ('scopes', models.JSONField(null=True)),
                ('names_deployment', models.BooleanField(default=True, help_text='the answer names the deployment')),
                ('configuration', models.JSONField(default=dict, help_text='what the tool said about itself')),
                ('created_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('tool', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='sandbox_lms.tool')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AccessToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('scopes', models.JSONField(default=list)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.tool')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='HistoryEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.CharField(blank=True, help_text='as it came over the wire', max_length=255)),
                ('source', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('accepted', models.BooleanField()),
                ('status', models.PositiveIntegerField(null=True)),
                ('verdict', models.CharField(max_length=1100)),
                ('body', models.TextField(blank=True)),
                ('score_given', models.FloatField(null=True)),
                ('score_maximum', models.FloatField(null=True)),
                ('final', models.FloatField(null=True)),
                ('comment', models.TextField(blank=True)),
                ('activity_progress', models.CharField(blank=True, max_length=100)),
                ('grading_progress', models.CharField(blank=True, max_length=100)),
                ('timestamp', models.CharField(blank=True, help_text='as it came over the wire', max_length=100)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='history', to='sandbox_lms.course')),
                ('line_item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='history', to='sandbox_lms.lineitem')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='history', to='sandbox_lms.person')),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['line_item', 'person', 'id'], name='history_of_grade')],
            },
        ),
        migrations.CreateModel(
            name='Grade',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('raw', models.FloatField(null=True)),
                ('final', models.FloatField(null=True)),
                ('comment', models.TextField(blank=True)),
                ('activity_progress', models.CharField(blank=True, max_length=100)),
                ('grading_progress', models.CharField(blank=True, max_length=100)),
                ('timestamp', models.DateTimeField(null=True)),
                ('submitted_at', models.CharField(blank=True, max_length=40)),
                ('overridden', models.BooleanField(default=False)),
                ('locked', models.BooleanField(default=False)),
                ('raw_maximum', models.FloatField(null=True)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('comments', models.JSONField(default=list, help_text='texts of the tool, oldest first')),
                ('submission_type', models.CharField(blank=True, max_length=30)),
                ('submission_url', models.CharField(blank=True, max_length=1000)),
                ('line_item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grades', to='sandbox_lms.lineitem')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grades', to='sandbox_lms.person')),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('line_item', 'person'), name='one_grade')],
            },
        ),
        migrations.CreateModel(
            name='Enrolment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('learner', 'Student'), ('instructor', 'Teacher'), ('assistant', 'Teaching assistant'), ('administrator', 'Administrator')], default='learner', max_length=15)),
                ('status', models.CharField(choices=[('active', 'Active'), ('suspended', 'Suspended'), ('removed', 'Not enrolled')], default='active', max_length=10)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='enrolments', to='sandbox_lms.course')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='enrolments', to='sandbox_lms.person')),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('course', 'person'), name='one_enrolment')],
            },
        ),
        migrations.CreateModel(
            name='UsedAssertion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('jti', models.CharField(max_length=255)),
                ('expires_at', models.DateTimeField(db_index=True)),
                ('tool', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='sandbox_lms.tool')),
            ],
            options={
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('tool', 'jti'), name='one_use')],
            },
        ),
    ]
