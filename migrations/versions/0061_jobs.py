"""jobs, their terms, and questions about them"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0061'
down_revision = '0060'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'job',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('organisation_id', sa.Integer(), nullable=False),
        sa.Column('created_by', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.BigInteger(), nullable=False),
        sa.Column('code', sa.String(length=10), nullable=False),
        sa.Column('from_entry_id', sa.Integer(), nullable=True),
        sa.Column('copied_from', sa.Integer(), nullable=True),
        sa.Column('state', sa.String(length=20), nullable=False),
        sa.Column('terms_n', sa.Integer(), nullable=False),
        sa.Column('published_at', sa.BigInteger(), nullable=True),
        sa.Column('ended_at', sa.BigInteger(), nullable=True),
        sa.Column('below_floor_at', sa.BigInteger(), nullable=True),
        sa.Column('hidden_at', sa.BigInteger(), nullable=True),
        sa.Column('hidden_reason', sa.Text(), nullable=False),
        sa.Column('chain_id', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_job_chain_id_chain')),
        sa.ForeignKeyConstraint(['copied_from'], ['job.id'], name=op.f('fk_job_copied_from_job'), ondelete='SET NULL'),
        sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_job_created_by_account')),
        sa.ForeignKeyConstraint(
            ['from_entry_id'], ['entry.id'], name=op.f('fk_job_from_entry_id_entry'), ondelete='SET NULL'
        ),
        sa.ForeignKeyConstraint(
            ['organisation_id'], ['organisation.id'], name=op.f('fk_job_organisation_id_organisation')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
        sa.UniqueConstraint('chain_id', name=op.f('uq_job_chain_id')),
        sa.UniqueConstraint('code', name=op.f('uq_job_code')),
    )
    for column in ('organisation_id', 'from_entry_id', 'copied_from', 'state'):
        op.create_index(op.f(f'ix_job_{column}'), 'job', [column])
    op.create_table(
        'terms',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('job_id', sa.Integer(), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('frozen_at', sa.BigInteger(), nullable=True),
        sa.Column('saves', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('kind', sa.String(length=20), nullable=False),
        sa.Column('artistic', sa.Boolean(), nullable=False),
        sa.Column('language', sa.String(length=12), nullable=False),
        sa.Column('brief', sa.Text(), nullable=False),
        sa.Column('example', sa.Text(), nullable=False),
        sa.Column('criteria', sa.JSON(), nullable=False),
        sa.Column('also', sa.JSON(), nullable=False),
        sa.Column('delivery', sa.String(length=20), nullable=False),
        sa.Column('words_min', sa.Integer(), nullable=True),
        sa.Column('words_max', sa.Integer(), nullable=True),
        sa.Column('files_max', sa.Integer(), nullable=False),
        sa.Column('file_types', sa.JSON(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.Column('target_language', sa.String(length=12), nullable=False),
        sa.Column('places', sa.Integer(), nullable=False),
        sa.Column('per_person', sa.Integer(), nullable=False),
        sa.Column('taking', sa.String(length=20), nullable=False),
        sa.Column('cents', sa.Integer(), nullable=True),
        sa.Column('currency', sa.String(length=3), nullable=False),
        sa.Column('floor_country', sa.String(length=2), nullable=False),
        sa.Column('costs', sa.String(length=200), nullable=False),
        sa.Column('minutes', sa.Integer(), nullable=True),
        sa.Column('estimate_by', sa.String(length=20), nullable=False),
        sa.Column('estimate_account_id', sa.Integer(), nullable=True),
        sa.Column('revisions', sa.Integer(), nullable=False),
        sa.Column('revision_cents', sa.Integer(), nullable=True),
        sa.Column('apply_by', sa.BigInteger(), nullable=True),
        sa.Column('deliver_hours', sa.Integer(), nullable=False),
        sa.Column('review_days', sa.Integer(), nullable=False),
        sa.Column('pay_days', sa.Integer(), nullable=False),
        sa.Column('licence', sa.String(length=20), nullable=False),
        sa.Column('licence_use', sa.String(length=300), nullable=False),
        sa.Column('licence_months', sa.Integer(), nullable=True),
        sa.Column('may_edit', sa.Boolean(), nullable=False),
        sa.Column('names_author', sa.Boolean(), nullable=False),
        sa.Column('ai', sa.String(length=20), nullable=False),
        sa.Column('seen_by', sa.String(length=20), nullable=False),
        sa.Column('room_id', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ['estimate_account_id'], ['account.id'], name=op.f('fk_terms_estimate_account_id_account')
        ),
        sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_terms_job_id_job'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(
            ['room_id'], ['challenge.id'], name=op.f('fk_terms_room_id_challenge'), ondelete='SET NULL'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_terms')),
        sa.UniqueConstraint('job_id', 'n', name=op.f('uq_terms_job_id_n')),
    )
    op.create_index(op.f('ix_terms_room_id'), 'terms', ['room_id'])
    op.create_table(
        'job_invitation',
        sa.Column('job_id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('invited_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_job_invitation_job_id_job'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('job_id', 'email', name=op.f('pk_job_invitation')),
    )
    op.create_index(op.f('ix_job_invitation_email'), 'job_invitation', ['email'])
    op.create_table(
        'job_question',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('job_id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('is_blocking', sa.Boolean(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('asked_at', sa.BigInteger(), nullable=False),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('answered_by', sa.Integer(), nullable=True),
        sa.Column('answered_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(['answered_by'], ['account.id'], name=op.f('fk_job_question_answered_by_account')),
        sa.ForeignKeyConstraint(['job_id'], ['job.id'], name=op.f('fk_job_question_job_id_job'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_job_question_person_id_person')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_job_question')),
    )
    for column in ('job_id', 'person_id'):
        op.create_index(op.f(f'ix_job_question_{column}'), 'job_question', [column])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM job', 'Jobs would be lost.')
    op.drop_table('job_question')
    op.drop_table('job_invitation')
    op.drop_table('terms')
    op.drop_table('job')
