"""digests, what people switched off, addresses of guests, reminders"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'digest',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_digest_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_digest')),
        sa.UniqueConstraint('person_id', 'day', name=op.f('uq_digest_person_id_day')),
    )
    op.create_table(
        'switched_off',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('challenge_id', sa.Integer(), nullable=True),
        sa.Column('topic', sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_switched_off_person_id_person'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['challenge_id'], ['challenge.id'], name=op.f('fk_switched_off_challenge_id_challenge'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_switched_off')),
    )
    op.create_index('ix_switched_off_person_id', 'switched_off', ['person_id'])
    op.create_index(op.f('ix_switched_off_challenge_id'), 'switched_off', ['challenge_id'])
    op.create_table(
        'guest_address',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('asked_at', sa.BigInteger(), nullable=False),
        sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_guest_address_person_id_person'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_guest_address')),
    )
    op.create_table(
        'reminder',
        sa.Column('challenge_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.String(length=30), nullable=False),
        sa.Column('occasion', sa.String(length=60), nullable=False),
        sa.Column('told_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ['challenge_id'], ['challenge.id'], name=op.f('fk_reminder_challenge_id_challenge'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('challenge_id', 'reason', 'occasion', name=op.f('pk_reminder')),
    )
    op.add_column('notification', sa.Column('digest_id', sa.Integer(), nullable=True))
    op.create_index(op.f('ix_notification_created_at'), 'notification', ['created_at'])
    # What people could read before there were mails about it goes into none.
    op.execute('UPDATE notification SET digest_id = 0')


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM switched_off UNION ALL SELECT 1 FROM guest_address',
        'What people switched off, and the addresses of guests, would be lost.',
    )
    # An older version knows neither these mails nor these reasons.
    op.execute("DELETE FROM mail WHERE kind IN ('address', 'digest', 'notice')")
    op.execute(
        "DELETE FROM notification WHERE reason IN ('argument_hidden', 'replied', 'idea_asked', 'built_on', 'last_day', "
        "'queue_waits', 'phase_over', 'answers_owed', 'prizes_owed')"
    )
    op.drop_index(op.f('ix_notification_created_at'), 'notification')
    with op.batch_alter_table('notification') as batch:
        batch.drop_column('digest_id')
    op.drop_table('reminder')
    op.drop_table('guest_address')
    op.drop_table('switched_off')
    op.drop_table('digest')
