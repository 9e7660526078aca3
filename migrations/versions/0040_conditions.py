"""conditions: rights with consent, the promised answer, the estimate and the reports for the pay line"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None

COLUMNS = (
    'rights',
    'rights_words',
    'answer_at',
    'answer_days',
    'expected_people',
    'expected_minutes',
    'floor_country',
    'time_reports',
)


def upgrade() -> None:
    op.create_table(
        'rights_text',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('rights', sa.String(length=20), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('since', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['challenge_id'], ['challenge.id'], name=op.f('fk_rights_text_challenge_id_challenge')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rights_text')),
        sa.UniqueConstraint('challenge_id', 'n', name=op.f('uq_rights_text_challenge_id_n')),
    )
    op.create_table(
        'rights_consent',
        sa.Column('participant_id', sa.Integer(), nullable=False),
        sa.Column('rights_text_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'], name=op.f('fk_rights_consent_participant_id_participant')
        ),
        sa.ForeignKeyConstraint(
            ['rights_text_id'], ['rights_text.id'], name=op.f('fk_rights_consent_rights_text_id_rights_text')
        ),
        sa.PrimaryKeyConstraint('participant_id', 'rights_text_id', name=op.f('pk_rights_consent')),
    )
    op.create_index(op.f('ix_rights_consent_rights_text_id'), 'rights_consent', ['rights_text_id'])
    op.create_table(
        'time_report',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('participant_id', sa.Integer(), nullable=True),
        sa.Column('minutes', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['challenge_id'], ['challenge.id'], name=op.f('fk_time_report_challenge_id_challenge')),
        sa.ForeignKeyConstraint(
            ['participant_id'], ['participant.id'], name=op.f('fk_time_report_participant_id_participant')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_time_report')),
        sa.UniqueConstraint('participant_id', name=op.f('uq_time_report_participant_id')),
    )
    op.create_index(op.f('ix_time_report_challenge_id'), 'time_report', ['challenge_id'])
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('rights', sa.String(length=20), nullable=False, server_default='stay'))
        table.add_column(sa.Column('rights_words', sa.Text(), nullable=False, server_default=''))
        table.add_column(sa.Column('answer_at', sa.BigInteger(), nullable=True))
        table.add_column(sa.Column('answer_days', sa.Integer(), nullable=True))
        table.add_column(sa.Column('expected_people', sa.Integer(), nullable=True))
        table.add_column(sa.Column('expected_minutes', sa.Integer(), nullable=True))
        table.add_column(sa.Column('floor_country', sa.String(length=2), nullable=False, server_default='DE'))
        table.add_column(sa.Column('time_reports', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('idea') as table:
        table.add_column(sa.Column('rights_text_id', sa.Integer(), nullable=True))
        table.create_index(op.f('ix_idea_rights_text_id'), ['rights_text_id'])
        table.create_foreign_key(
            op.f('fk_idea_rights_text_id_rights_text'), 'rights_text', ['rights_text_id'], ['id']
        )


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM challenge WHERE rights <> 'stay' OR answer_at IS NOT NULL OR answer_days IS NOT NULL"
        ' OR expected_people IS NOT NULL OR expected_minutes IS NOT NULL',
        'The conditions that people joined for would be lost.',
    )
    refuse_downgrade_with('SELECT 1 FROM rights_text', 'What people consented to would be lost.')
    refuse_downgrade_with('SELECT 1 FROM time_report', 'The minutes that people reported would be lost.')
    with op.batch_alter_table('idea') as table:
        table.drop_constraint(op.f('fk_idea_rights_text_id_rights_text'), type_='foreignkey')
        table.drop_index(op.f('ix_idea_rights_text_id'))
        table.drop_column('rights_text_id')
    with op.batch_alter_table('challenge') as table:
        for name in COLUMNS:
            table.drop_column(name)
    for name in ('time_report', 'rights_consent', 'rights_text'):
        op.drop_table(name)
